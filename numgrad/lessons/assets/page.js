// What the pages share: elements, numbers, charts, controls.
const data = JSON.parse(document.getElementById("data").textContent);
const find = (id) => document.getElementById(id);

function element(tag, attributes = {}, ...children) {
  const svg = ["svg", "g", "path", "circle", "line", "rect", "text"].includes(tag);
  const made = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

// Two digits, or as many as asked for: 1.2e-8, and 0.25 where that is as short.
function number(value, digits = 2) {
  if (value === null || Number.isNaN(value)) return "none";
  if (value === 0) return "0";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  const text = size >= 0.01 && size < 10000 ? String(Number(value.toPrecision(digits))) : value.toExponential(digits - 1);
  return text.replaceAll("-", "−").replace("e+", "e");
}

const looks = { AGREES: "good", DISAGREES: "bad", INCONCLUSIVE: "unsure" };

function showVerdict(id, verdict) {
  find(id).textContent = verdict;
  find(id).className = `verdict ${looks[verdict]}`;
}

// The number of the step that is nearest to h, in decades.
function nearest(steps, h) {
  const distance = (i) => Math.abs(Math.log(steps[i] / h));
  return steps.reduce((best, _, i) => distance(i) < distance(best) ? i : best, 0);
}

function fill(select, options) {
  select.replaceChildren(...options.map(([value, text]) => element("option", { value }, text)));
}

// A chart that fits its container and is drawn again when that changes; spec() returns what to draw.
class Chart {
  constructor(id, spec) {
    this.svg = find(id);
    this.spec = spec;
    this.svg.setAttribute("class", "chart");
    this.svg.setAttribute("role", "img");
    new ResizeObserver(() => this.draw()).observe(this.svg.parentElement);
    this.svg.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      this.svg.setPointerCapture(event.pointerId);
      this.drag(event);
    });
    this.svg.addEventListener("pointermove", (event) => event.buttons === 1 && this.drag(event));
  }

  drag(event) {
    if (!this.onpick) return;
    const box = this.svg.getBoundingClientRect();
    const u = ((event.clientX - box.left) / box.width * this.width - this.left) / (this.width - this.left - this.right);
    const { x } = this.drawn;
    this.onpick(x.log ? x.min * (x.max / x.min) ** u : x.min + u * (x.max - x.min));
  }

  draw() {
    const spec = this.drawn = this.spec();
    this.width = Math.max(280, this.svg.parentElement.clientWidth || 600);
    this.height = Math.min(420, Math.max(240, 0.62 * this.width));
    [this.right, this.top, this.bottom] = [12, 12, 46];
    this.left = 28 + 7.5 * Math.max(3, ...ticks(spec.y, 12).map(([, text]) => text.length));
    this.svg.setAttribute("viewBox", `0 0 ${this.width} ${this.height}`);
    this.svg.setAttribute("aria-label", spec.description);
    const clip = element("svg", {
      x: this.left, y: this.top, width: this.width - this.left - this.right, height: this.height - this.top - this.bottom,
      viewBox: `${this.left} ${this.top} ${this.width - this.left - this.right} ${this.height - this.top - this.bottom}`,
    });
    clip.append(...spec.lines.map((line) => this.path(line)), ...(spec.dots ?? []).flatMap((dots) => this.points(dots)));
    this.svg.replaceChildren(...this.axes(spec), clip, ...(spec.marks ?? []).map((mark) => this.mark(mark)));
  }

  at(axis, value, low, high) {
    const [at, min, max] = (axis.log ? [value, axis.min, axis.max].map(Math.log10) : [value, axis.min, axis.max]);
    const u = (at - min) / (max - min);
    return low + u * (high - low);
  }

  x(value) { return this.at(this.drawn.x, value, this.left, this.width - this.right); }

  y(value) { return this.at(this.drawn.y, value, this.height - this.bottom, this.top); }

  shown([x, y]) {
    const positive = (axis, value) => value !== null && Number.isFinite(value) && (!axis.log || value > 0);
    return positive(this.drawn.x, x) && positive(this.drawn.y, y);
  }

  path({ points, look }) {
    const far = (value) => Math.max(-1e5, Math.min(1e5, value)).toFixed(1);
    const steps = points.filter((p) => this.shown(p)).map(([x, y]) => `${far(this.x(x))} ${far(this.y(y))}`);
    return element("path", { d: steps.length ? `M${steps.join("L")}` : "M0 0", class: `line ${look}` });
  }

  points({ points, look, size = 2.6 }) {
    return points.filter((p) => this.shown(p)).map(([x, y]) =>
      element("circle", { cx: this.x(x).toFixed(1), cy: this.y(y).toFixed(1), r: size, class: `dot ${look}` }));
  }

  mark({ point, look, text }) {
    const group = element("g", { class: look });
    if (!this.shown(point)) return group;
    const within = (value, low, high) => Math.max(low, Math.min(high, value));
    const x = within(this.x(point[0]), this.left, this.width - this.right);
    const y = within(this.y(point[1]), this.top, this.height - this.bottom);
    group.append(element("circle", { cx: x, cy: y, r: 6, class: "dot" }));
    const end = x > 0.6 * this.width ? "end" : "start";
    if (text) group.append(element("text", { x: x + (end === "end" ? -10 : 10), y: Math.max(this.top + 14, y - 8), "text-anchor": end }, text));
    return group;
  }

  axes({ x, y }) {
    const [right, low] = [this.width - this.right, this.height - this.bottom];
    const parts = [element("rect", { x: this.left, y: this.top, width: right - this.left, height: low - this.top, class: "frame" })];
    for (const [value, text] of ticks(x, (right - this.left) / 70)) {
      const at = this.x(value);
      parts.push(element("line", { x1: at, x2: at, y1: this.top, y2: low, class: "grid" }));
      parts.push(element("text", { x: at, y: low + 17, "text-anchor": "middle", class: "tick" }, text));
    }
    for (const [value, text] of ticks(y, (low - this.top) / 34)) {
      const at = this.y(value);
      parts.push(element("line", { x1: this.left, x2: right, y1: at, y2: at, class: "grid" }));
      parts.push(element("text", { x: this.left - 6, y: at + 4, "text-anchor": "end", class: "tick" }, text));
    }
    parts.push(element("text", { x: (this.left + right) / 2, y: this.height - 8, "text-anchor": "middle" }, x.label));
    const middle = (this.top + low) / 2;
    parts.push(element("text", { x: 13, y: middle, "text-anchor": "middle", transform: `rotate(-90 13 ${middle})` }, y.label));
    return parts;
  }
}

function ticks(axis, room) {
  const made = [];
  if (axis.log) {
    const [first, last] = [Math.ceil(Math.log10(axis.min) - 1e-9), Math.floor(Math.log10(axis.max) + 1e-9)];
    const stride = Math.max(1, Math.ceil((last - first + 1) / room));
    for (let power = Math.ceil(first / stride) * stride; power <= last; power += stride) {
      made.push([10 ** power, power === 0 ? "1" : `1e${power}`.replace("-", "−")]);
    }
    return made;
  }
  const rough = (axis.max - axis.min) / Math.max(2, Math.min(6, room));
  const unit = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((factor) => factor * unit >= rough) * unit;
  for (let i = Math.ceil(axis.min / step); i * step <= axis.max; i += 1) made.push([i * step, number(i * step, 4)]);
  return made;
}

// The x of points that are given by their distance from x: that distance itself where x is too large to be shown with it.
function placed(points, x) {
  const reach = Math.max(...points.map((p) => Math.abs(p[0])));
  const from = Math.abs(x) > 50 * reach ? 0 : x;
  return { from, points: points.map(([dx, y]) => [from + dx, y]), label: from === x ? "x" : `x − ${number(x, 8)}` };
}

// The extent of numbers on an axis, with some room; of a logarithmic one in whole decades.
function extent(values, log) {
  const kept = values.filter((value) => value !== null && Number.isFinite(value) && (!log || value > 0));
  const within = (value) => Math.max(-4e307, Math.min(4e307, value)); // else differences overflow
  const [low, high] = kept.length ? [Math.min(...kept), Math.max(...kept)].map(within) : [0.1, 1];
  const decade = (power) => 10 ** Math.max(-323, Math.min(308, power));
  if (log) return { min: decade(Math.floor(Math.log10(low) - 1e-9)), max: decade(Math.ceil(Math.log10(high) + 1e-9)) };
  const room = 0.06 * (high - low) || 0.5 * Math.abs(high) || 1;
  return { min: low - room, max: high + room };
}

find("theme").addEventListener("click", () => {
  const root = document.documentElement;
  const dark = (root.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  root.dataset.theme = dark ? "light" : "dark";
  find("theme").setAttribute("aria-pressed", String(!dark));
});
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((details) => { details.open = true; }));
