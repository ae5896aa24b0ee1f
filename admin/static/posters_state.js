// What is on the canvas, what is chosen of it, and the way back. Everything else looks at this and asks it to change.
const MERGED = 800; // milliseconds in which two steps of the same kind are one
const MOST = 200;

export class State extends EventTarget {
  #past = [];
  #future = [];
  #last = { kind: "", at: 0 };
  #saved;

  constructor(document) {
    super();
    this.document = document;
    this.chosen = "background";
    this.#saved = JSON.stringify(document);
  }

  get boxes() { return this.document.boxes; }
  get box() { return this.chosen === "background" ? this.document.background : this.boxes[this.chosen]; }
  get kind() { return this.chosen === "background" ? "background" : this.box?.kind; }
  get canvas() { return this.document.canvas; }
  get canUndo() { return this.#past.length > 0; }
  get canRedo() { return this.#future.length > 0; }
  get isChanged() { return JSON.stringify(this.document) !== this.#saved; }

  choose(chosen) {
    if (chosen === this.chosen) return;
    this.chosen = chosen;
    this.dispatchEvent(new Event("chosen"));
  }

  // Let `act` change a copy. Steps that share a `kind` and follow `within` so many milliseconds are undone together.
  change(act, kind = "", within = MERGED) {
    const before = { document: this.document, chosen: this.chosen };
    const now = Date.now(), isSame = kind && kind === this.#last.kind && now - this.#last.at < within;
    const made = structuredClone(this.document);
    this.document = made;
    act(made, this);
    if (!isSame) this.#past.push(before);
    if (this.#past.length > MOST) this.#past.shift();
    this.#future = [];
    this.#last = { kind, at: now };
    this.#tell();
  }

  put(field, value, kind = `${this.chosen}.${field}`) {
    const chosen = this.chosen;
    this.change((made) => {
      const box = chosen === "background" ? made.background : made.boxes[chosen];
      if (value === undefined) delete box[field]; else box[field] = value;
    }, kind);
  }

  add(box) {
    this.change((made) => { made.boxes.push(box); this.chosen = made.boxes.length - 1; });
  }

  remove() {
    if (this.chosen === "background") return;
    this.change((made) => { made.boxes.splice(this.chosen, 1); this.chosen = made.boxes.length ? Math.min(this.chosen, made.boxes.length - 1) : "background"; });
  }

  double() {
    if (this.chosen === "background" || this.kind === "code") return;
    this.change((made) => {
      const copy = structuredClone(made.boxes[this.chosen]);
      copy.x += Math.min(30, Math.max(0, this.canvas.width - copy.x - copy.width));
      copy.y += Math.min(30, Math.max(0, this.canvas.height - copy.y - copy.height));
      this.chosen += 1;
      made.boxes.splice(this.chosen, 0, copy);
    });
  }

  // One step towards the front (1) or the back (-1).
  lift(index, step) {
    const to = index + step;
    if (index === "background" || to < 0 || to >= this.boxes.length) return;
    this.change((made) => {
      [made.boxes[index], made.boxes[to]] = [made.boxes[to], made.boxes[index]];
      this.chosen = to;
    });
  }

  undo() { this.#go(this.#past, this.#future); }
  redo() { this.#go(this.#future, this.#past); }
  saved(document) { this.#saved = JSON.stringify(document); }

  #go(from, to) {
    const step = from.pop();
    if (!step) return;
    to.push({ document: this.document, chosen: this.chosen });
    this.document = step.document;
    this.chosen = step.chosen === "background" || step.chosen < step.document.boxes.length ? step.chosen : "background";
    this.#last = { kind: "", at: 0 };
    this.#tell();
  }

  #tell() { this.dispatchEvent(new Event("changed")); }
}
