const controls = { function: find("function"), point: find("point"), scheme: find("scheme"), dtype: find("dtype"), step: find("step") };
const names = [...new Set(data.subjects.map((subject) => subject.name))];
const state = {};

function read() {
  state.subject = data.subjects[Number(controls.point.value)];
  state.curve = state.subject.curves[controls.dtype.value];
  state.scheme = state.curve.schemes[controls.scheme.value];
  state.values = state.scheme.values ?? state.curve.steps.map(() => null);
  state.errors = state.values.map((value) => value === null ? null : Math.abs(value - state.curve.slope));
  state.i = state.curve.steps.length - 1 - Number(controls.step.value);
  state.h = state.curve.steps[state.i];
}

const line = ([factor, power], h) => factor * h ** power;
const relative = (error) => error === null ? null : error / (state.curve.relative ? Math.abs(state.curve.slope) : 1);

const secant = new Chart("secant", () => {
  const { slope, x: point } = state.curve;
  const { from, points: graph, label } = placed(state.subject.graph, point);
  const x = from === point ? point : 0;
  const value = state.values[state.i];
  const [xs, ys] = [extent(graph.map((p) => p[0]), false), extent(graph.map((p) => p[1]), false)];
  const [low, high] = [controls.scheme.value === "forward" ? x : x - state.h, x + state.h];
  const height = (at) => interpolate(graph, at);
  const through = (k) => [[xs.min, height(x) + k * (xs.min - x)], [xs.max, height(x) + k * (xs.max - x)]];
  const lines = [{ points: graph, look: "a" }, { points: through(slope), look: "soft thin" }];
  if (value !== null) lines.push({ points: controls.scheme.value === "central" && height(low) !== null && height(high) !== null
    ? shifted(through(value), (height(low) + height(high)) / 2 - height(x)) : through(value), look: "b" });
  const ends = { "complex-step": [x], "fourth-order": [x - 2 * state.h, low, high, x + 2 * state.h] }[controls.scheme.value] ?? [low, high];
  return {
    description: `${state.subject.name} near ${number(point, 8)}, with a line of slope ${number(value, 6)}`,
    x: { ...xs, label }, y: { ...ys, label: state.subject.name }, lines,
    dots: [{ points: ends.map((at) => [at, height(at)]), look: "b", size: 5 }],
  };
});

const shifted = (points, by) => points.map(([x, y]) => [x, y + by]);

function interpolate(graph, at) {
  for (let i = 1; i < graph.length; i += 1) {
    const [[x0, y0], [x1, y1]] = [graph[i - 1], graph[i]];
    if (at >= x0 && at <= x1) return y0 === null || y1 === null ? null : y0 + (y1 - y0) * (at - x0) / (x1 - x0);
  }
  return null;
}

const errors = new Chart("errors", () => {
  const { steps } = state.curve;
  const measured = steps.map((h, i) => [h, relative(state.errors[i])]);
  const floor = state.scheme.roundOff && state.scheme.roundOff[1] === 0 ? [relative(state.scheme.roundOff[0])] : [];
  const y = extent([...measured.map((p) => p[1]), ...floor], true);
  const predicted = (key, look) => state.scheme[key] && state.scheme[key][0] > 0
    ? [{ points: steps.map((h) => [h, relative(line(state.scheme[key], h))]), look: `${look} dashed` }] : [];
  const here = measured[state.i][1];
  return {
    description: `Error against step on logarithmic axes; at h = ${number(state.h)} it is ${number(here)}`,
    x: { ...extent(steps, true), log: true, label: "step h" },
    y: { ...y, log: true, label: state.curve.relative ? "relative error" : "error" },
    lines: [...predicted("truncation", "b"), ...predicted("roundOff", "c"), { points: [[state.h, y.min], [state.h, y.max]], look: "here" }],
    dots: [{ points: measured.map(([h, error]) => [h, error === 0 ? y.min : error]), look: "a" }],
    marks: [{ point: [state.h, here || y.min], look: "ink", text: here === null ? "no value" : number(here) }],
  };
});
errors.onpick = (h) => {
  const { steps } = state.curve;
  controls.step.value = steps.length - 1 - nearest(steps, h);
  show();
};

function showDigits() {
  const [above, below] = [state.curve.above[state.i], state.curve.below[state.i]];
  const power = state.curve.exponent ? ` × 10^${state.curve.exponent}` : "";
  const other = controls.scheme.value === "forward" ? ["f(x)    ", state.curve.center] : ["f(x − h)", below];
  const rows = [["f(x + h)", above], other];
  let shared = 0;
  if (above !== null && other[1] !== null) while (shared < above.length && above[shared] === other[1][shared]) shared += 1;
  find("digits").replaceChildren(...rows.flatMap(([name, text]) => text === null ? [`${name} = none\n`] : [
    `${name} = `, element("span", { class: "gone" }, text.slice(0, shared)), element("span", { class: "left" }, text.slice(shared)), `${power}\n`]));
  const left = state.curve.left[controls.scheme.value === "forward" ? "forward" : "central"][state.i];
  find("kept").textContent = state.scheme.unavailable ? "" : controls.scheme.value === "complex-step" ? "The complex step does not subtract these: it loses none of them."
    : left === null ? "Without a value there is no difference."
    : left === 0 ? "No digit is left for the slope." : `The difference has ${left} ${left === 1 ? "digit" : "digits"}: so many are left for the slope.`;
}

function showTable() {
  const schemes = Object.keys(data.schemes);
  const { steps, slope, relative: isRelative } = state.curve;
  const off = (scheme, i) => {
    const value = state.curve.schemes[scheme].values?.[i] ?? null;
    return value === null ? "none" : number(relative(Math.abs(value - slope)));
  };
  const head = element("tr", {}, ...["step h", ...schemes].map((name) => element("th", { scope: "col" }, name)));
  const rows = steps.map((h, i) => element("tr", {}, element("th", { scope: "row" }, number(h)), ...schemes.map((scheme) => element("td", {}, off(scheme, i)))));
  find("table").replaceChildren(element("caption", {}, isRelative ? "Relative errors" : "Errors"), head, ...rows);
}

function show() {
  read();
  const { scheme, curve, i, h } = state;
  controls.step.setAttribute("aria-valuetext", `h = ${number(h)}`);
  const predicted = (key) => scheme[key] ? number(line(scheme[key], h)) : "not known";
  find("h").textContent = number(h);
  find("quotient").textContent = `D(h) = ${data.schemes[controls.scheme.value]}`;
  find("status").textContent = `error ${number(state.errors[i])}`;
  find("value").textContent = scheme.unavailable ?? number(state.values[i], 17);
  find("slope").textContent = curve.bar === null ? number(curve.slope, 17) : `${number(curve.slope, 17)} ± ${number(curve.bar, 1)}`;
  find("error").textContent = number(state.errors[i]);
  find("relative").textContent = curve.relative ? number(relative(state.errors[i])) : "the slope is 0, or cannot be told from it";
  find("truncation").textContent = predicted("truncation");
  find("roundoff").textContent = predicted("roundOff");
  find("optimum").textContent = best(scheme);
  find("best").disabled = goal(scheme) === null;
  showDigits();
  secant.draw();
  errors.draw();
}

// The complex step has no round-off that grows: every step is good up to where truncation begins.
function best({ truncation, roundOff, optimum, longest }) {
  if (!truncation || (truncation[1] && optimum === null)) return "not known";
  if (optimum === null) return `${roundOff[1] < 0 ? "the longest" : "any"}, up to ${number(longest)}`;
  return controls.scheme.value === "complex-step" ? `any, up to ${number(optimum)}` : number(optimum);
}

function goal({ truncation, roundOff, optimum, longest }) {
  if (!truncation) return null;
  return truncation[1] === 0 && roundOff[1] < 0 ? longest : optimum;
}

function choosePoints() {
  const options = data.subjects.map((subject, i) => [i, subject]).filter(([, subject]) => subject.name === controls.function.value);
  fill(controls.point, options.map(([i, subject]) => [i, number(subject.x, 17)]));
}

// The precisions that the function has values in, and the others with the reason why it has none.
function chooseDtypes() {
  const { curves, refused } = data.subjects[Number(controls.point.value)];
  const before = controls.dtype.value;
  fill(controls.dtype, [...Object.keys(curves), ...Object.keys(refused)].map((name) => [name, name]));
  for (const option of controls.dtype.options) option.disabled = option.value in refused;
  controls.dtype.value = before in curves ? before : "float64";
  const { kink } = curves[controls.dtype.value];
  find("refused").textContent = [
    ...(kink ? [`f has a kink at x: its slope is ${number(kink[0], 6)} on the left and ${number(kink[1], 6)} on the right, and what is called the slope here is their middle.`] : []),
    ...Object.entries(refused).map(([name, reason]) => `${name}: ${reason}`)].join(" ");
}

function restart() {
  const before = state.h ?? 1e-5;
  chooseDtypes();
  read();
  controls.step.max = state.curve.steps.length - 1;
  errors.onpick(before);
  showTable();
}

fill(controls.function, names.map((name) => [name, name]));
fill(controls.scheme, Object.keys(data.schemes).map((name) => [name, name]));
controls.scheme.value = "central";
controls.function.addEventListener("change", () => { choosePoints(); restart(); });
for (const name of ["point", "dtype", "scheme"]) controls[name].addEventListener("change", restart);
controls.step.addEventListener("input", show);
find("best").addEventListener("click", () => errors.onpick(goal(state.scheme)));
choosePoints();
restart();
