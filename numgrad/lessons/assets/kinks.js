const controls = { function: find("function"), offset: find("offset"), claim: find("claim"), step: find("step") };
const state = {};

function read() {
  state.subject = data.subjects[Number(controls.function.value)];
  state.point = state.subject.points[Number(controls.offset.value)];
  state.claim = state.point.claims[Number(controls.claim.value)];
  state.i = state.subject.steps.length - 1 - Number(controls.step.value);
  state.h = state.subject.steps[state.i];
  state.gaps = state.subject.steps.map((h, i) => {
    const [up, down] = [state.point.above[i], state.point.below[i]];
    return [h, up === null || down === null ? null : Math.abs(up - down)];
  });
}

const sides = new Chart("sides", () => {
  const { f, offset, above, below } = state.point;
  const { from: origin, points: graph, label } = placed(state.subject.graph, state.subject.x);
  const x = origin + offset;
  const [xs, ys] = [extent(graph.map((p) => p[0]), false), extent(graph.map((p) => p[1]), false)];
  const from = (slope, end) => slope === null ? [] : [[x, f], [end, f + slope * (end - x)]];
  const claimed = state.claim.claimed;
  return {
    description: `${state.subject.name}, with slopes ${number(above[state.i], 4)} to the right and ${number(below[state.i], 4)} to the left`,
    x: { ...xs, label }, y: { ...ys, label: "f" },
    lines: [{ points: graph, look: "a" },
      { points: [[xs.min, f + claimed * (xs.min - x)], [xs.max, f + claimed * (xs.max - x)]], look: "d dashed" },
      { points: from(above[state.i], xs.max), look: "b" }, { points: from(below[state.i], xs.min), look: "c" }],
    dots: [{ points: [[x, f]], look: "ink", size: 5 }],
  };
});

const gap = new Chart("gap", () => {
  const y = extent(state.gaps.map((p) => p[1]), true);
  const here = state.gaps[state.i][1];
  return {
    description: `Distance of the one-sided slopes against step, on logarithmic axes; at h = ${number(state.h)} it is ${number(here)}`,
    x: { ...extent(state.subject.steps, true), log: true, label: "step h" },
    y: { ...y, log: true, label: "|D₊ − D₋|" },
    lines: [{ points: [[state.h, y.min], [state.h, y.max]], look: "here" }],
    dots: [{ points: state.gaps.map(([h, value]) => [h, value === 0 ? y.min : value]), look: "a", size: 3.5 }],
    marks: [{ point: [state.h, here || y.min], look: "ink", text: here === null ? "no value" : number(here) }],
  };
});
gap.onpick = (h) => {
  controls.step.value = state.subject.steps.length - 1 - nearest(state.subject.steps, h);
  show();
};

function show() {
  read();
  const { point, claim, i, h, gaps } = state;
  const [up, down] = [point.above[i], point.below[i]];
  const { estimate } = point;
  controls.step.setAttribute("aria-valuetext", `h = ${number(h)}`);
  find("h").textContent = number(h);
  find("above").textContent = number(up, 8);
  find("below").textContent = number(down, 8);
  find("distance").textContent = number(gaps[i][1]);
  find("middle").textContent = up === null || down === null ? "none" : number((up + down) / 2, 8);
  find("left").textContent = number(estimate.left, 8);
  find("right").textContent = number(estimate.right, 8);
  find("estimate").textContent = `${number(estimate.value, 8)} ± ${estimate.error === null ? "∞" : number(estimate.error, 1)}`;
  find("noise").textContent = number(estimate.noise);
  showVerdict("verdict", claim.verdict);
  find("status").textContent = `${number(gaps[i][1])} apart; the claim: ${claim.verdict}`;
  find("text").textContent = claim.text;
  sides.draw();
  gap.draw();
}

function chooseClaims() {
  const point = data.subjects[Number(controls.function.value)].points[Number(controls.offset.value)];
  const before = controls.claim.value || "4";
  fill(controls.claim, point.claims.map((claim, i) => [i, i === point.claims.length - 1 ? `as measured, ${number(claim.claimed, 4)}` : number(claim.claimed, 4)]));
  controls.claim.value = before;
  show();
}

function restart() {
  fill(controls.offset, data.subjects[Number(controls.function.value)].points.map((point, i) => [i, number(point.offset)]));
  chooseClaims();
}

function showTie() {
  const share = data.tie[Number(find("share").value)];
  find("shares").textContent = `(${share.gradient.map((entry) => number(entry, 3)).join(", ")})`;
  showVerdict("tieverdict", share.verdict);
  find("tietext").textContent = share.text;
  find("status").textContent = `the tie: ${share.verdict}`;
}

fill(controls.function, data.subjects.map((subject, i) => [i, `${subject.name}, at ${number(subject.x, 6)}`]));
controls.function.addEventListener("change", restart);
controls.offset.addEventListener("change", chooseClaims);
controls.claim.addEventListener("change", show);
controls.step.addEventListener("input", show);
fill(find("share"), data.tie.map((share, i) => [i, share.name]));
find("share").addEventListener("change", showTie);
controls.step.max = data.subjects[0].steps.length - 1;
controls.step.value = data.subjects[0].steps.length - 7;
showTie();
restart();
