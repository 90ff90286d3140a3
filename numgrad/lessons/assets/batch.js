const digits = (value) => value === null ? "nan" : number(value, 8);

// A table of numbers of any shape: deeper ones block by block. mark(i, j) says how a cell is to look.
function matrix(id, caption, values, mark = () => "") {
  const rows = !Array.isArray(values) ? [[values]] : !Array.isArray(values[0]) ? values.map((value) => [value])
    : Array.isArray(values[0][0]) ? values.flat() : values;
  find(id).replaceChildren(element("caption", {}, caption), ...rows.map((row, i) => element("tr", {},
    ...row.map((value, j) => element("td", { class: mark(i, j), "aria-label": `${digits(value)} ${mark(i, j)}` }, digits(value))))));
}

function clear(id) { find(id).replaceChildren(); }

// How a cell looks: mask says which entries are wrong, in any shape.
function marked(mask) {
  const rows = !Array.isArray(mask[0]) ? mask.map((entry) => [entry]) : Array.isArray(mask[0][0]) ? mask.flat() : mask;
  return (i, j) => rows[i][j] ? "wrong" : "";
}

const walk = { select: find("walk"), frame: find("frame") };

function showWalk() {
  const { X, asked, result, right, wrong, code } = data.walks[Number(walk.select.value)];
  const moment = Number(walk.frame.value);
  const columns = X[0].length;
  const [column, part] = [Math.floor((moment - 1) / 3), (moment - 1) % 3];
  const filled = moment === 0 ? 0 : Math.min(columns, column + (part === 2 ? 1 : 0));
  const last = moment === 3 * columns + 1;
  const call = moment === 0 || last ? null : asked[2 * column + Math.min(part, 1)];
  const sign = part === 0 ? "+" : "−";
  const stories = [
    `Column ${column} of the batch moves up by h = ${data.step}, in all rows at once, and f is asked once.`,
    `The same column moves down by h, and f is asked again.`,
    `The difference over 2h is written into column ${column} of the gradient${Array.isArray(asked[0].value) ? ": row by row, each its own." : ": one number, which NumPy spreads over all rows."}`,
  ];
  find("walkcode").textContent = code;
  find("back").disabled = moment === 0;
  find("next").disabled = last;
  find("moment").textContent = `${moment} of ${3 * columns + 1}`;
  walk.frame.setAttribute("aria-valuetext", `moment ${moment} of ${3 * columns + 1}`);
  find("story").textContent = moment === 0 ? "A batch of three samples with two numbers each; the gradient is still empty."
    : !last ? stories[part]
    : Array.isArray(asked[0].value) ? "Every row has its own slope: the idea works where f keeps the rows apart."
    : "Every row has the slope of the total: what all rows did together, in each of them. Nothing was raised.";
  find("status").textContent = find("story").textContent;
  matrix("asked", call ? `X ${sign} H` : "X", call ? call.X : X, (i, j) => call && j === column ? "changed" : "");
  if (call) matrix("answer", `f(X ${sign} H)`, call.value); else clear("answer");
  if (last) matrix("answer", "The right gradient", right);
  matrix("grad", "grad", result.map((row) => row.map((value, j) => j < filled || last ? value : 0)),
    (i, j) => last ? marked(wrong)(i, j) : part === 2 && j === column ? "changed" : "");
}

function move(by) {
  walk.frame.value = Number(walk.frame.value) + by;
  showWalk();
}

function showMode() {
  const example = data.examples[Number(find("mode").value)];
  const attempt = example.attempts[Number(find("h").value)];
  find("why").textContent = `${example.explanation} Wanted was ${example.wish}.`;
  find("code").textContent = example.code;
  matrix("input", `X, ${example.dtype}`, example.X);
  matrix("wanted", "The right gradient", example.wanted);
  if (attempt.flawed.gradient === undefined) clear("flawed");
  else matrix("flawed", "The flawed gradient", attempt.flawed.gradient, marked(attempt.flawed.wrong));
  find("raised").textContent = attempt.flawed.raised ? `The flawed gradient raises ${attempt.flawed.raised}` : "";
  find("after").textContent = attempt.after ? `And X comes back as [${attempt.after.flat().map(digits).join(", ")}].` : "";
  showVerdict("verdict", attempt.verdict);
  find("text").textContent = attempt.text;
  find("status").textContent = `${attempt.verdict}: ${example.title}`;
  if (attempt.repaired.gradient === undefined) clear("repaired");
  else matrix("repaired", "Its gradient", attempt.repaired.gradient, marked(attempt.repaired.wrong));
  find("refused").textContent = attempt.repaired.raised ? `It refuses. ${attempt.repaired.raised}` : "";
}

find("loop").textContent = data.loop;
fill(walk.select, data.walks.map((one, i) => [i, one.title]));
walk.frame.max = 3 * data.walks[0].X[0].length + 1;
walk.select.addEventListener("change", showWalk);
walk.frame.addEventListener("input", showWalk);
find("back").addEventListener("click", () => move(-1));
find("next").addEventListener("click", () => move(1));
fill(find("mode"), data.examples.map((example, i) => [i, `${i + 1}. ${example.title}`]));
fill(find("h"), data.steps.map((h, i) => [i, number(h)]));
find("h").value = 1;
for (const name of ["mode", "h"]) find(name).addEventListener("change", showMode);
showWalk();
showMode();
