// The canvas: boxes are dragged, resized at their handles, moved by keys; they snap to one another and to the middle.
const HANDLES = ["nw", "n", "ne", "e", "se", "s", "sw", "w"];
const NEAR = 7; // pixels of the screen within which an edge snaps
const LEAST = 8; // units
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class Stage {
  constructor(state, { stage, boxes, areas, name, say, words, snaps }) {
    Object.assign(this, { state, stage, boxes, areas, name, say, words, snaps });
    this.guides = { x: stage.querySelector(".pe-guide-x"), y: stage.querySelector(".pe-guide-y") };
    this.wrong = new Set();
    boxes.addEventListener("pointerdown", (event) => this.#grab(event));
    boxes.addEventListener("focusin", (event) => { const box = event.target.closest(".pe-box"); if (box) state.choose(Number(box.dataset.index)); });
    boxes.addEventListener("keydown", (event) => this.#key(event));
    stage.addEventListener("pointerdown", (event) => { if (!event.target.closest(".pe-box")) state.choose("background"); });
    this.#drawAreas();
  }

  get scale() { return this.stage.clientWidth / this.state.canvas.width; }

  // Lay the boxes anew; the elements stay, so that focus and a drag go on.
  show() {
    const { state } = this, { width, height } = state.canvas;
    this.stage.style.aspectRatio = `${width} / ${height}`;
    while (this.boxes.children.length > state.boxes.length) this.boxes.lastElementChild.remove();
    while (this.boxes.children.length < state.boxes.length) this.boxes.append(this.#element());
    state.boxes.forEach((box, index) => {
      const one = this.boxes.children[index], is = index === state.chosen;
      one.dataset.index = index;
      one.style.left = `${100 * box.x / width}%`;
      one.style.top = `${100 * box.y / height}%`;
      one.style.width = `${100 * box.width / width}%`;
      one.style.height = `${100 * box.height / height}%`;
      one.style.zIndex = is ? 900 : index + 1;
      one.classList.toggle("is-chosen", is);
      one.classList.toggle("is-wrong", this.wrong.has(index));
      one.setAttribute("aria-pressed", is);
      one.setAttribute("aria-label", this.name(box));
      one.dataset.kind = box.kind;
    });
  }

  focus(index) { this.boxes.children[index]?.focus({ preventScroll: true }); }

  #element() {
    const one = document.createElement("div");
    one.className = "pe-box";
    one.tabIndex = 0;
    one.setAttribute("role", "button");
    for (const side of HANDLES) {
      const handle = document.createElement("i");
      handle.className = `pe-handle pe-${side}`;
      handle.dataset.side = side;
      one.append(handle);
    }
    return one;
  }

  #drawAreas() {
    const { bars, sides, bleed } = this.words, percent = (part) => `${100 * part}%`;
    const [edge, top, bottom] = this.areas.children;
    const { width, height } = this.state.canvas;
    edge.style.inset = `${100 * bleed * width / height}% ${percent(bleed)}`;
    for (const one of [top, bottom]) one.style.height = percent(bars);
    this.areas.style.setProperty("--pe-sides", percent(sides));
  }

  #grab(event) {
    const one = event.target.closest(".pe-box");
    if (!one || event.button) return;
    event.preventDefault();
    const index = Number(one.dataset.index), side = event.target.dataset.side ?? "";
    this.state.choose(index);
    one.focus({ preventScroll: true });
    const start = { x: event.clientX, y: event.clientY, box: { ...this.state.boxes[index] } };
    const kind = `drag ${performance.now()}`;
    let isMoved = false;
    const move = (at) => {
      const dx = (at.clientX - start.x) / this.scale, dy = (at.clientY - start.y) / this.scale;
      if (!isMoved && Math.hypot(at.clientX - start.x, at.clientY - start.y) < 3) return;
      isMoved = true;
      this.#place(index, side ? this.#sized(start.box, side, dx, dy, at) : this.#moved(start.box, dx, dy, at), kind, Infinity); // one drag, however long it pauses
    };
    const end = () => {
      one.removeEventListener("pointermove", move);
      this.guides.x.hidden = this.guides.y.hidden = true;
      this.stage.classList.remove("is-dragging");
    };
    one.setPointerCapture(event.pointerId);
    this.stage.classList.add("is-dragging");
    one.addEventListener("pointermove", move);
    one.addEventListener("pointerup", end, { once: true });
    one.addEventListener("pointercancel", end, { once: true });
  }

  #moved(box, dx, dy, event) {
    const made = { ...box, x: box.x + dx, y: box.y + dy };
    made.x += this.#snap("x", [made.x, made.x + box.width / 2, made.x + box.width], event);
    made.y += this.#snap("y", [made.y, made.y + box.height / 2, made.y + box.height], event);
    return made;
  }

  #sized(box, side, dx, dy, event) {
    let left = box.x, top = box.y, right = box.x + box.width, bottom = box.y + box.height;
    if (side.includes("w")) { left += dx; left += this.#snap("x", [left], event); left = Math.min(left, right - LEAST); }
    if (side.includes("e")) { right += dx; right += this.#snap("x", [right], event); right = Math.max(right, left + LEAST); }
    if (side.includes("n")) { top += dy; top += this.#snap("y", [top], event); top = Math.min(top, bottom - LEAST); }
    if (side.includes("s")) { bottom += dy; bottom += this.#snap("y", [bottom], event); bottom = Math.max(bottom, top + LEAST); }
    const made = { ...box, x: left, y: top, width: right - left, height: bottom - top };
    // A code and a person's picture stay as square as they were at their corners.
    if (side.length === 2 && (box.kind === "code" || box.source === "avatar")) {
      const grown = Math.max(made.width / box.width, made.height / box.height);
      made.width = box.width * grown; made.height = box.height * grown;
      if (side.includes("w")) made.x = right - made.width;
      if (side.includes("n")) made.y = bottom - made.height;
    }
    return made;
  }

  // How far to the nearest line that one of `edges` could lie on; its guide is shown.
  #snap(way, edges, event) {
    const guide = this.guides[way];
    guide.hidden = true;
    if (!this.snaps() || event.altKey) return 0;
    const { width, height } = this.state.canvas, across = way === "x" ? width : height;
    const rim = way === "x" ? this.words.sides * width : this.words.bars * height;
    const lines = [0, rim, across / 2, across - rim, across];
    this.state.boxes.forEach((box, index) => {
      if (index === this.state.chosen) return;
      const start = box[way], size = way === "x" ? box.width : box.height;
      lines.push(start, start + size / 2, start + size);
    });
    let best = NEAR / this.scale, found = 0, at = null;
    for (const edge of edges) for (const line of lines) if (Math.abs(line - edge) < best) { best = Math.abs(line - edge); found = line - edge; at = line; }
    if (at !== null) { guide.hidden = false; guide.style[way === "x" ? "left" : "top"] = `${100 * at / across}%`; }
    return found;
  }

  #place(index, made, kind, within) {
    const { width, height } = this.state.canvas, isInside = ["text", "code"].includes(made.kind);
    const box = Object.fromEntries(["x", "y", "width", "height"].map((name) => [name, Math.round(made[name])]));
    if (isInside) {
      box.width = Math.min(box.width, width); box.height = Math.min(box.height, height);
      box.x = Math.max(0, Math.min(box.x, width - box.width)); box.y = Math.max(0, Math.min(box.y, height - box.height));
    }
    this.state.change((made) => Object.assign(made.boxes[index], box), kind, within);
    this.say(this.words.moved.replace("{name}", this.name(this.state.boxes[index])).replace(/\{(\w+)\}/g, (_, name) => box[name]));
  }

  #key(event) {
    const { state } = this, index = state.chosen, box = state.boxes[index], step = STEPS[event.key];
    if (!box) return;
    if (step && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      event.stopPropagation();
      const far = event.shiftKey ? 10 : 1, [dx, dy] = [step[0] * far, step[1] * far];
      const made = event.altKey ? { ...box, width: Math.max(LEAST, box.width + dx), height: Math.max(LEAST, box.height + dy) } : { ...box, x: box.x + dx, y: box.y + dy };
      this.#place(index, made, `keys ${index} ${event.altKey}`);
    } else if (event.key === "Delete" || event.key === "Backspace") {
      event.preventDefault();
      state.remove();
      if (state.chosen !== "background") this.focus(state.chosen);
    } else if (event.key === "[" || event.key === "]") {
      event.preventDefault();
      state.lift(index, event.key === "]" ? 1 : -1);
      this.focus(state.chosen);
    }
  }
}
