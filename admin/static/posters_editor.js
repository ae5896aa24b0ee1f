// The editor of a poster's design: the canvas, its list of boxes, the form, the server's picture, and the way back.
import { Fields } from "./posters_fields.js";
import { Stage } from "./posters_stage.js";
import { State } from "./posters_state.js";

const WAIT = 150; // milliseconds after the last change
const at = (id) => document.getElementById(`pe-${id}`);
const data = { ...document.getElementById("pe-data").dataset };
const words = { ...data, bars: Number(data.bars), sides: Number(data.sides), bleed: Number(data.bleed) };
const state = new State(JSON.parse(data.document));
let problems = [], advice = [], newest = Number(data.newest);

function name(box) {
  if (box.kind === "text") {
    const said = box.text.replace(/\{(\w+)\}/g, (whole, fact) => data[`fact${fact[0].toUpperCase()}${fact.slice(1)}`] ?? whole).trim();
    return said.length > 14 ? `${said.slice(0, 14)}…` : said || "…";
  }
  if (box.kind === "picture") return box.source === "avatar" ? words.avatar : words.picture;
  return box.kind === "code" ? words.code : words[box.form ?? "rect"];
}

async function bring(file) {
  const form = new FormData();
  form.append("file", file);
  try {
    const answer = await fetch(data.bring, { method: "POST", headers: { "X-CSRF": data.csrf }, body: form });
    return answer.headers.get("Content-Type")?.includes("json") ? await answer.json() : { says: answer.status === 413 ? words.tooLarge : words.failed };
  } catch { return { says: words.failed }; }
}

const send = (address, more) => fetch(address, {
  method: "POST",
  headers: { "Content-Type": "application/json", "X-CSRF": data.csrf },
  body: JSON.stringify({ document: state.document, begun: Number(data.begun), whom: at("whom").value, width: Number(at("width").value), ...more }),
});

const tell = document.createElement("p");
tell.className = "hidden-visually";
tell.setAttribute("aria-live", "polite");
at("stage").after(tell);

const stage = new Stage(state, { stage: at("stage"), boxes: at("boxes"), areas: at("areas"), name, words, say: (said) => { tell.textContent = said; }, snaps: () => at("snap").checked });
const fields = new Fields(state, { form: at("form"), general: at("general"), advice: at("advice"), words, bring });

// The server's picture: one question at a time, the last state of the canvas is always asked for.
let timer = 0, isAsking = false, isStale = false;
function draw() { clearTimeout(timer); at("stage").setAttribute("aria-busy", "true"); timer = setTimeout(ask, WAIT); }
async function ask() {
  timer = 0;
  if (isAsking) { isStale = true; return; }
  isAsking = true;
  at("state").textContent = words.drawing;
  try {
    const answer = await send(data.preview);
    if (!answer.ok) throw new Error(answer.status);
    const found = await answer.json();
    problems = found.problems; advice = found.advice;
    at("stage").classList.toggle("is-old", !found.picture);
    if (found.picture) at("picture").src = `data:image/jpeg;base64,${found.picture}`;
    at("state").textContent = found.picture ? words.drawn : words.wrong;
    complain();
  } catch { at("state").textContent = words.failed; }
  isAsking = false;
  if (timer) isStale = false; // it changed meanwhile, and is asked for in a moment
  else if (isStale) { isStale = false; ask(); } else at("stage").setAttribute("aria-busy", "false");
}

function complain() {
  fields.complain(problems, advice);
  stage.wrong = new Set(problems.map((one) => one.box));
  const frame = at("problems");
  frame.hidden = problems.length === 0;
  frame.replaceChildren(...problems.map((one) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "pe-problem";
    const box = typeof one.box === "number" ? state.boxes[one.box] : null;
    button.textContent = `${box ? name(box) : one.box === "background" ? words.background : ""}${box || one.box ? "：" : ""}${one.says}`;
    button.addEventListener("click", () => { state.choose(one.box ?? "background"); fields.focus(one.field); });
    return button;
  }));
  stage.show();
  list();
}

function list() {
  const rows = state.boxes.map((box, index) => row(index, name(box), box.kind)).reverse();
  rows.push(row("background", words.background, "background"));
  // What looks as before stays: a picture that arrives while somebody presses a row must not take it from under them.
  const there = at("layers").children;
  rows.forEach((one, place) => {
    if (!there[place]) at("layers").append(one);
    else if (!there[place].isEqualNode(one)) there[place].replaceWith(one);
  });
  while (there.length > rows.length) there[rows.length].remove();
}
function row(index, label, kind) {
  const one = document.createElement("li"), choose = document.createElement("button");
  choose.type = "button";
  choose.className = `pe-layer pe-is-${kind}`;
  choose.textContent = label;
  choose.dataset.index = index;
  choose.setAttribute("aria-pressed", index === state.chosen);
  choose.classList.toggle("is-wrong", problems.some((problem) => problem.box === index));
  choose.classList.toggle("is-advised", advice.some((hint) => hint.box === index));
  choose.addEventListener("click", () => { state.choose(index); at("layers").querySelector(`[data-index="${index}"]`)?.focus(); });
  one.append(choose);
  if (index !== "background" && index === state.chosen) {
    for (const [step, sign, says] of [[1, "↑", words.forward], [-1, "↓", words.back]]) {
      const lift = document.createElement("button");
      lift.type = "button";
      lift.className = "btn step";
      lift.textContent = sign;
      lift.setAttribute("aria-label", says.replace("{name}", label));
      lift.disabled = index + step < 0 || index + step >= state.boxes.length;
      lift.addEventListener("click", () => state.lift(index, step));
      one.append(lift);
    }
  }
  return one;
}

function show() {
  const { chosen, box, kind } = state;
  at("title").textContent = chosen === "background" ? words.background : name(box);
  at("remove").hidden = at("double").hidden = chosen === "background";
  at("double").disabled = kind === "code";
  at("undo").disabled = !state.canUndo;
  at("redo").disabled = !state.canRedo;
  for (const button of document.querySelectorAll("[data-add=code]")) button.disabled = state.boxes.some((one) => one.kind === "code");
  stage.show();
  fields.show();
  fields.complain(problems, advice);
  list();
}
state.addEventListener("chosen", show);
state.addEventListener("changed", () => { show(); draw(); });

// What can be added, in the middle of the canvas.
function made(what) {
  const { width, height } = state.canvas, unit = width / 1080;
  const place = (w, h) => ({ x: Math.round((width - w * unit) / 2), y: Math.round(height * 0.4), width: Math.round(w * unit), height: Math.round(h * unit) });
  const size = Math.round(48 * unit), text = (said) => ({ kind: "text", ...place(760, 80), text: said, size, paint: "#1E2A2B" });
  if (what === "text") return text(words.ownText);
  if (what === "slogan") return { ...text("{slogan}"), default: words.sloganDefault };
  if (what === "avatar") return { kind: "picture", ...place(200, 200), source: "avatar", form: "circle", missing: "initial" };
  if (what === "code") return { kind: "code", ...place(324, 324), colour: "#000000", plate: "#FFFFFF" };
  if (what === "rounded") return { kind: "shape", ...place(800, 300), form: "rounded", radius: Math.round(32 * unit), paint: "#FFFFFFE6" };
  if (what === "ellipse") return { kind: "shape", ...place(300, 300), form: "ellipse", paint: "#E59F2C" };
  if (what === "line") return { kind: "shape", ...place(800, 4), form: "rect", paint: "#0F6B5C" };
  return text(`{${what}}`);
}
for (const button of document.querySelectorAll("[data-add]")) {
  button.addEventListener("click", () => {
    button.closest("details").open = false;
    if (button.dataset.add === "picture") { at("file").click(); return; }
    state.add(made(button.dataset.add));
    stage.focus(state.chosen);
  });
}
at("file").addEventListener("change", async () => {
  const [file] = at("file").files;
  if (!file) return;
  const answer = await bring(file);
  at("file").value = "";
  if (answer.name) state.add({ ...made("avatar"), form: "plain", missing: "blank", fit: "contain", source: answer.name });
  else { problems = [{ box: null, field: "", says: answer.says }]; complain(); }
});

at("undo").addEventListener("click", () => state.undo());
at("redo").addEventListener("click", () => state.redo());
at("remove").addEventListener("click", () => state.remove());
at("double").addEventListener("click", () => state.double());
at("safe").addEventListener("change", () => { at("areas").hidden = !at("safe").checked; });
for (const id of ["whom", "width"]) at(id).addEventListener("change", draw);

document.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey)) return;
  const isTyping = event.target.matches("textarea, input:not([type=checkbox]):not([type=color])") && event.target.closest("#pe-save");
  const key = event.key.toLowerCase();
  if (isTyping) return;
  if (key === "z") { event.preventDefault(); if (event.shiftKey) state.redo(); else state.undo(); }
  if (key === "y") { event.preventDefault(); state.redo(); }
  if (key === "d") { event.preventDefault(); state.double(); }
});

at("save").addEventListener("submit", async (event) => {
  event.preventDefault();
  const said = document.getElementById("e-pe-note"), button = at("save").querySelector("button"), sent = state.document;
  button.disabled = true;
  try {
    const answer = await send(data.save, { note: at("note").value, newest });
    const found = await answer.json();
    if (answer.ok) { state.saved(sent); location.assign(found.to); return; }
    said.textContent = found.says ?? "";
    if (found.newest !== undefined) newest = found.newest;
    if (found.problems.length) { problems = found.problems; complain(); at("problems").querySelector("button").focus(); }
  } catch { said.textContent = words.failed; }
  button.disabled = false;
});
addEventListener("beforeunload", (event) => { if (state.isChanged) event.preventDefault(); });

document.getElementById("pe").hidden = false;
show();
draw();
