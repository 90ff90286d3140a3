const { loss, evaluations, autograd, costs, small } = data;
const iterations = loss.map((_, i) => i + 1);
const views = {
  loss: ["the loss on each batch", "Loss by differences, and thin on top of it by autograd.", "loss"],
  apart: ["how far the parameters are apart", "Largest difference of each array of parameters, over its largest entry.", "difference"],
  accuracy: ["the accuracy on all images", "Shares of the training and of the test images that are classified rightly.", "accuracy"],
};

const run = new Chart("run", () => {
  const kind = find("show").value;
  const at = Number(find("iteration").value);
  const series = {
    loss: () => [[loss, "b"], ...(autograd.missing ? [] : [[autograd.loss, "ink thin"]])].map(([values, look]) => ({ points: values.map((v, i) => [i + 1, v]), look })),
    apart: () => Object.values(autograd.apart ?? {}).map((values, k) => ({ points: values.map((v, i) => [i + 1, v]), look: "abcd"[k] })),
    accuracy: () => [1, 2].map((k) => ({ points: evaluations.map((e) => [e[0], e[k]]), look: "ab"[k - 1] })),
  }[kind]();
  const y = extent(series.flatMap((one) => one.points.map((p) => p[1])), kind === "apart");
  if (kind === "accuracy") Object.assign(y, { min: 0, max: 1 });
  if (kind === "loss") y.min = 0;
  return {
    description: `${views[kind][1]} At iteration ${at}.`,
    x: { min: 0, max: loss.length, label: "iteration" },
    y: { ...y, log: kind === "apart", label: views[kind][2] },
    lines: [...series, { points: [[at, y.min], [at, y.max]], look: "here" }],
  };
});
run.onpick = (at) => { find("iteration").value = Math.round(at); show(); };

// What the lines of a view are, in the order of their colours.
function keys(kind) {
  return { loss: [], apart: Object.keys(autograd.apart ?? {}), accuracy: ["training", "test"] }[kind];
}

function time(seconds) {
  const units = [[1e-3, "µs", 1e-6], [1, "ms", 1e-3], [120, "s", 1], [7200, "min", 60], [172800, "h", 3600], [Infinity, "days", 86400]];
  const [, unit, length] = units.find(([below]) => seconds < below);
  return `${number(seconds / length, 3)} ${unit}`;
}

function show() {
  const at = Number(find("iteration").value);
  const kind = find("show").value;
  find("iteration").setAttribute("aria-valuetext", `iteration ${at} of ${loss.length}`);
  find("status").textContent = `loss ${number(loss[at - 1], 4)}`;
  find("at").textContent = `${at} of ${loss.length}`;
  find("caption").replaceChildren(views[kind][1], ...keys(kind).flatMap((name, k) => [" ", element("span", { class: "abcd"[k] }, name)]));
  find("loss").textContent = number(loss[at - 1], 6);
  find("other").textContent = autograd.missing ? "not installed" : number(autograd.loss[at - 1], 6);
  find("apart").textContent = autograd.missing ? "not known" : number(Math.max(...Object.values(autograd.apart).map((values) => values[at - 1])));
  const last = evaluations.filter(([iteration]) => iteration <= at).at(-1);
  find("accuracy").textContent = `${number(100 * last[2], 3)} % (iteration ${last[0]})`;
  run.draw();
}

const [inputs, hidden, classes] = data.net;
find("what").textContent = `Here a ${inputs}-${hidden}-${classes} net with ${data.parameters.toLocaleString("en")} parameters learns digits, ${loss.length} iterations of ${data.batch} images: once by differences, once by PyTorch's autograd.`;
for (const place of document.querySelectorAll(".whole")) place.textContent = data.whole.toLocaleString("en");
find("missing").textContent = autograd.missing ? `Autograd is not shown. ${autograd.missing}` : "";
find("small").textContent = `On a net of ${small.parameters.toLocaleString("en")} parameters, small enough for the loop, the two gradients differ by ${number(small.apart)} at most.`;
const head = ["method", "a step", "this run", `${data.whole.toLocaleString("en")} iterations`].map((name) => element("th", { scope: "col" }, name));
const rows = costs.map((cost) => element("tr", {}, element("th", { scope: "row" }, cost.estimated ? `${cost.method}, estimated` : cost.method),
  ...[1, loss.length, data.whole].map((times) => element("td", {}, time(times * cost.seconds)))));
find("costs").replaceChildren(element("caption", {}, "Time"), element("tr", {}, ...head), ...rows);
fill(find("show"), Object.entries(views).filter(([name]) => name !== "apart" || !autograd.missing).map(([name, [text]]) => [name, text]));
find("iteration").max = loss.length;
find("iteration").value = loss.length;
find("show").addEventListener("change", show);
find("iteration").addEventListener("input", show);
show();
