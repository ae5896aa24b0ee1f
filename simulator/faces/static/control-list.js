// A list of any length: only the rows in sight are in the page.  A listbox to the keyboard and to screen readers.
import { clear, h, unheld } from "./base.js";

const ROW = 44;
const SPARE = 6;

export class LongList {
  // draw(item) gives the inside of a row, name(item) its words; choose(item) is called when one is opened.
  constructor(label, { key, draw, choose }) {
    Object.assign(this, { key, draw, choose, items: [], chosen: null, active: -1, held: null });
    this.inside = h("div", { class: "long-inside" });
    this.node = h("div", { class: "long-list", role: "listbox", tabindex: 0, "aria-label": label }, this.inside);
    this.node.addEventListener("scroll", () => this.paint(), { passive: true });
    this.node.addEventListener("keydown", (event) => this.press(event));
    this.inside.addEventListener("click", (event) => {
      const row = event.target.closest("[role=option]");
      if (row) this.open(Number(row.dataset.at));
    });
    new ResizeObserver(() => this.paint()).observe(this.node);
  }

  // New rows come in at the top; whoever has scrolled down keeps reading the same rows.
  show(items) {
    unheld(this, () => this.take(items));
  }

  take(items) {
    const first = this.items[Math.floor(this.node.scrollTop / ROW)];
    const shift = this.node.scrollTop % ROW;
    this.items = items;
    if (this.node.scrollTop > 0 && first) {
      const at = items.findIndex((each) => this.key(each) === this.key(first));
      this.inside.style.setProperty("height", `${items.length * ROW}px`);
      if (at >= 0) this.node.scrollTop = at * ROW + shift;
    }
    this.active = items.findIndex((each) => this.key(each) === this.chosen);
    this.paint();
  }

  paint() {
    const { scrollTop, clientHeight } = this.node;
    const from = Math.max(0, Math.floor(scrollTop / ROW) - SPARE);
    const to = Math.min(this.items.length, Math.ceil((scrollTop + clientHeight) / ROW) + SPARE);
    this.inside.style.setProperty("height", `${this.items.length * ROW}px`);
    const rows = [];
    for (let at = from; at < to; at += 1) {
      const item = this.items[at];
      rows.push(h("div", {
        class: "long-row", role: "option", id: `row-${this.key(item)}`, data: { at }, vars: { "--at": at },
        "aria-setsize": this.items.length, "aria-posinset": at + 1, "aria-selected": `${this.key(item) === this.chosen}`,
      }, this.draw(item)));
    }
    clear(this.inside, rows);
    const active = this.items[this.active];
    if (active && this.active >= from && this.active < to) this.node.setAttribute("aria-activedescendant", `row-${this.key(active)}`);
    else this.node.removeAttribute("aria-activedescendant");
  }

  press(event) {
    const page = Math.max(1, Math.floor(this.node.clientHeight / ROW) - 1);
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity }[event.key];
    if (!step || !this.items.length) return;
    event.preventDefault();
    const start = this.active < 0 ? (step > 0 ? -1 : 0) : this.active;
    this.open(Math.max(0, Math.min(this.items.length - 1, start + step)));
  }

  open(at) {
    const item = this.items[at];
    if (!item) return;
    this.active = at;
    this.chosen = this.key(item);
    const { scrollTop, clientHeight } = this.node;
    if (at * ROW < scrollTop) this.node.scrollTop = at * ROW;
    else if ((at + 1) * ROW > scrollTop + clientHeight) this.node.scrollTop = (at + 1) * ROW - clientHeight;
    this.paint();
    this.choose(item);
  }

  close() {
    this.chosen = null;
    this.paint();
    this.node.focus();
  }
}
