// A small builder of elements.  Data becomes text and attributes only, never markup.
const SVG = "http://www.w3.org/2000/svg";
const AS_PROPERTY = new Set(["value", "checked", "disabled", "hidden", "selected", "indeterminate"]);

// h("button", { class: "primary", onclick: go, "aria-label": "…", vars: { "--x": "3px" } }, "Go", child, [more])
export function h(name, facts = {}, ...children) {
  return fill(document.createElement(name), facts, children);
}

export function svg(name, facts = {}, ...children) {
  return fill(document.createElementNS(SVG, name), facts, children);
}

function fill(node, facts, children) {
  for (const [name, value] of Object.entries(facts ?? {})) {
    if (value === null || value === undefined || value === false && !AS_PROPERTY.has(name)) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "class") node.setAttribute("class", value);
    else if (name === "data") Object.assign(node.dataset, value);
    else if (name === "vars") for (const [each, set] of Object.entries(value)) node.style.setProperty(each, set);
    else if (AS_PROPERTY.has(name)) node[name] = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  add(node, children);
  return node;
}

function add(node, children) {
  for (const child of children) {
    if (Array.isArray(child)) add(node, child);
    else if (child !== null && child !== undefined && child !== false) node.append(child);
  }
}

export function clear(node, ...children) {
  node.replaceChildren();
  add(node, children);
  return node;
}

// A click is lost when its button is replaced between press and release: while one is held, drawing anew waits.
let held = false;
let ending = 0;
const waiting = new Map(); // the newest drawing of each part

export function unheld(part, draw) {
  if (held) waiting.set(part, draw);
  else draw();
}

function released() {
  held = false;
  const draws = [...waiting.values()];
  waiting.clear();
  for (const each of draws) each();
}

addEventListener("pointerdown", () => { clearTimeout(ending); held = true; }, true);
// A list that drops down swallows the release; what comes next tells of it.
for (const name of ["pointerup", "pointercancel", "pointermove", "keydown", "change"]) {
  addEventListener(name, ({ buttons }) => { if (held && !buttons) { clearTimeout(ending); ending = setTimeout(released); } }, true);
}

// A face of our own for somebody: their colour and one character of the name, as Chinese apps abbreviate names.
export function avatar(name, colour = "", size = "") {
  const letters = [...(name || "?").trim()];
  const letter = /^[ -~]/.test(letters[0] ?? "?") ? (letters[0] ?? "?").toUpperCase() : letters.at(-1);
  return svg(
    "svg", { class: `avatar ${size}`, viewBox: "0 0 40 40", "aria-hidden": "true" },
    svg("rect", { width: 40, height: 40, fill: /^#[0-9a-f]{3,8}$/i.test(colour) ? colour : colourOf(name) }),
    svg("text", { x: 20, y: 20 }, letter),
  );
}

const COLOURS = ["#0f6b5c", "#576b95", "#b3643b", "#8f4a7a", "#2f7fb8", "#6467c0", "#94702a", "#3d7d46"];

function colourOf(name) {
  let sum = 0;
  for (const each of name || "") sum = (sum * 31 + each.codePointAt(0)) >>> 0;
  return COLOURS[sum % COLOURS.length];
}

// A word that goes away by itself; `bad` for what went wrong.
export function toast(text, kind = "") {
  const node = h("div", { class: `toast ${kind}` }, text);
  const place = document.getElementById("toasts");
  place.append(node);
  while (place.childElementCount > 3) place.firstChild.remove();
  setTimeout(() => node.remove(), kind ? 6000 : 3000);
}
