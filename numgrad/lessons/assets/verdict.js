const controls = { problem: find("problem"), fault: find("fault"), size: find("size"), direction: find("direction") };
const state = {};

function read() {
  state.problem = data.problems[Number(controls.problem.value)];
  state.fault = state.problem.faults[Number(controls.fault.value)];
  state.claim = state.fault.claims[Number(controls.size.value)];
  state.direction = state.problem.directions[Number(controls.direction.value)];
  state.claimed = state.claim.along[Number(controls.direction.value)];
  state.delta = Math.abs(state.claimed - state.direction.slope);
  state.gaps = state.problem.steps.map((h, i) => {
    const quotient = state.direction.quotients[i];
    return [h, quotient === null ? null : Math.abs(quotient - state.claimed)];
  });
}

const ruling = new Chart("ruling", () => {
  const y = extent(state.gaps.map((p) => p[1]), true);
  const along = ([factor, power], look) => ({ points: state.problem.steps.map((h) => [h, factor * h ** power]), look: `${look} dashed` });
  const { truncation, roundOff } = state.direction;
  const lines = [];
  if (truncation && truncation[1]) lines.push(along(truncation, "b"));
  if (roundOff) lines.push(along(roundOff, "c"));
  if (state.delta) lines.push({ points: state.problem.steps.map((h) => [h, state.delta]), look: "bad dashed" });
  return {
    description: `Difference between quotient and gradient against step, on logarithmic axes; the gradient is wrong by ${number(state.delta)}`,
    x: { ...extent(state.problem.steps, true), log: true, label: "step h" },
    y: { ...y, log: true, label: "|D(h) − g|" },
    lines, dots: [{ points: state.gaps, look: "a" }],
  };
});

function show() {
  read();
  const { claim, fault, problem, delta } = state;
  find("code").textContent = problem.code;
  find("claim").textContent = fault.code;
  showVerdict("verdict", claim.verdict);
  find("flat").textContent = delta ? `Along this direction g is wrong by δ = ${number(delta)}.` : "Along this direction g is right.";
  find("diagnosis").textContent = claim.diagnoses.length ? `Diagnosis: ${claim.diagnoses.join(", or ")}.` : "";
  find("best").textContent = fixedStep();
  find("status").textContent = `${claim.verdict}. ${find("diagnosis").textContent}`;
  find("bar").textContent = claim.verdict === "AGREES"
    ? `The check has proven ${number(claim.digits, 3)} digits; it would have called an error one from ${number(claim.detectable)} of the derivative on.`
    : claim.verdict === "DISAGREES" ? "The wrong entries are listed below, each with the error bar of what was measured."
    : "The check cannot tell here, and says why below.";
  find("text").textContent = claim.text;
  const head = ["entry", "claimed", "measured", "error bar"].map((name) => element("th", { scope: "col" }, name));
  const rows = claim.entries.map((entry) => element("tr", {}, element("th", { scope: "row" }, entry.name),
    ...[number(entry.claimed, 10), number(entry.numerical, 10), number(entry.error, 1)].map((text) => element("td", {}, text))));
  find("entries").replaceChildren(...(rows.length ? [element("caption", {}, "Entries that are seen to be wrong"), element("tr", {}, ...head), ...rows] : []));
  ruling.draw();
}

// What a fixed step could see: truncation and round-off at the step where they are smallest together.
function fixedStep() {
  const { truncation, roundOff } = state.direction;
  if (!truncation || !truncation[1] || !roundOff || roundOff[1] !== -1) return "";
  const h = (roundOff[0] / (truncation[1] * truncation[0])) ** (1 / (truncation[1] + 1));
  const least = truncation[0] * h ** truncation[1] + roundOff[0] / h;
  const seen = !state.delta ? "" : state.delta > least ? " δ is larger: it is seen there." : " δ is smaller: it drowns.";
  return `Truncation and round-off are smallest together at h = ${number(h)}, about ${number(least)}.${seen}`;
}

function chooseSizes() {
  const fault = data.problems[Number(controls.problem.value)].faults[Number(controls.fault.value)];
  const before = controls.size.selectedOptions[0]?.textContent;
  fill(controls.size, fault.claims.map((claim, i) => [i, number(claim.size)]));
  controls.size.disabled = fault.claims.length === 1;
  const same = [...controls.size.options].findIndex((option) => option.textContent === before);
  controls.size.value = same < 0 ? Math.min(1, fault.claims.length - 1) : same;
}

function restart() {
  const problem = data.problems[Number(controls.problem.value)];
  fill(controls.fault, problem.faults.map((fault, i) => [i, fault.name]));
  fill(controls.direction, problem.directions.map((direction, i) => [i, direction.name]));
  chooseSizes();
  show();
}

fill(controls.problem, data.problems.map((problem, i) => [i, problem.name]));
controls.problem.addEventListener("change", restart);
controls.fault.addEventListener("change", () => { chooseSizes(); show(); });
for (const name of ["size", "direction"]) controls[name].addEventListener("change", show);
restart();
