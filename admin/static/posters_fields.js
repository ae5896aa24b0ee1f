// The form beside the canvas: the fields of what is chosen, each with what is wrong with it.
const SHADOW = { colour: "#00000066", x: 0, y: 4, blur: 16 };

export class Fields {
  constructor(state, { form, general, advice, words, bring }) {
    Object.assign(this, { state, form, general, advice, words, bring });
    this.fields = [...form.querySelectorAll("[data-field]")];
    this.uploads = [...form.querySelectorAll("[data-upload]")];
    this.pictures = new Set();
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", (event) => this.#typed(event.target));
    form.addEventListener("change", (event) => { if (event.target.type === "file") this.#upload(event.target); });
  }

  show() {
    const { kind, box } = this.state;
    this.#learn();
    for (const one of [...this.fields, ...this.uploads]) one.hidden = !one.dataset.kinds.split(" ").includes(kind);
    for (const one of this.fields) if (!one.hidden) this.#fill(one, box?.[one.dataset.field]);
  }

  // Put what is wrong beside its field; what has no field stands above them.
  complain(problems, advice) {
    const mine = (one) => one.box === this.state.chosen || (this.state.chosen === "background" && one.box === null);
    const found = problems.filter(mine), said = new Set();
    for (const one of this.fields) {
      const wrong = one.hidden ? undefined : found.find((problem) => problem.field === one.dataset.field);
      if (wrong) said.add(wrong);
      one.querySelector(".invalid-feedback").textContent = wrong?.says ?? "";
      for (const input of one.querySelectorAll("input, select, textarea")) {
        input.classList.toggle("is-invalid", Boolean(wrong));
        if (wrong) input.setAttribute("aria-invalid", "true"); else input.removeAttribute("aria-invalid");
      }
    }
    this.general.textContent = found.filter((one) => !said.has(one)).map((one) => one.says).join(" ");
    this.advice.textContent = advice.filter((one) => one.box === this.state.chosen).map((one) => one.says).join(" ");
  }

  focus(name) { this.fields.find((one) => !one.hidden && one.dataset.field === name)?.querySelector("input, select, textarea")?.focus(); }

  // Pictures that the document names can be chosen again.
  #learn() {
    const { document } = this.state;
    for (const part of [document.background, ...document.boxes]) for (const name of ["picture", "source", "logo"]) if (String(part[name] ?? "").startsWith("asset:")) this.pictures.add(part[name]);
  }

  #fill(one, said) {
    const { type, usual } = one.dataset, input = one.querySelector("input, select, textarea");
    const value = said ?? usual;
    if (type === "flag") { input.checked = Boolean(said); return; }
    if (type === "colour") { this.#fillColour(one, value); return; }
    if (input.tagName === "SELECT") {
      if (["source", "logo", "picture"].includes(one.dataset.field)) {
        for (const name of this.pictures) if (![...input.options].some((option) => option.value === name)) input.append(new Option(`${this.words.picture} ${name.slice(6)}`, name));
      }
      if (![...input.options].some((option) => option.value === String(value))) input.append(new Option(String(value), String(value)));
    }
    // What is being typed is not overwritten by what was made of it.
    if (document.activeElement !== input || String(this.#read(one)) !== String(value)) input.value = value;
  }

  #fillColour(one, value) {
    const [colour, opaque] = one.querySelectorAll("input");
    const isGradient = typeof value === "object";
    const plain = isGradient ? value.colours[0] : value;
    one.querySelector(".form-hint")?.remove();
    if (isGradient) {
      const hint = document.createElement("p");
      hint.className = "form-hint";
      hint.textContent = this.words.gradient;
      one.append(hint);
    }
    const isNone = plain === "none";
    colour.value = isNone ? "#ffffff" : plain.slice(0, 7).toLowerCase();
    if (document.activeElement !== opaque) opaque.value = isNone ? 0 : plain.length > 7 ? Math.round(parseInt(plain.slice(7), 16) / 2.55) : 100;
  }

  #read(one) {
    const { type } = one.dataset, input = one.querySelector("input, select, textarea");
    if (type === "flag") return input.checked ? (one.dataset.field === "shadow" ? this.state.box.shadow ?? SHADOW : true) : undefined;
    if (type === "colour") return this.#colour(one);
    if (type === "number") return input.value === "" ? undefined : Number(input.value);
    return input.value === "" && one.dataset.field !== "text" ? undefined : input.value;
  }

  #colour(one) {
    const [colour, opaque] = one.querySelectorAll("input"), part = Math.max(0, Math.min(100, Number(opaque.value)));
    if (part === 0 && one.dataset.usual === "none") return undefined;
    const alpha = Math.round(part * 2.55).toString(16).padStart(2, "0").toUpperCase();
    return colour.value.toUpperCase() + (part === 100 ? "" : alpha);
  }

  #typed(input) {
    const one = input.closest("[data-field]");
    if (!one || input.type === "file") return;
    // A colour chosen where there was none is meant to be seen.
    if (one.dataset.type === "colour" && input.type === "color") { const opaque = one.querySelectorAll("input")[1]; if (Number(opaque.value) === 0) opaque.value = 100; }
    this.state.put(one.dataset.field, this.#read(one));
  }

  async #upload(input) {
    const one = input.closest("[data-upload]"), said = one.querySelector(".invalid-feedback");
    if (!input.files.length) return;
    const { chosen } = this.state, answer = await this.bring(input.files[0]);
    said.textContent = answer.says ?? "";
    input.classList.toggle("is-invalid", Boolean(answer.says));
    input.value = "";
    if (!answer.name) return;
    this.pictures.add(answer.name);
    this.state.change((made) => {
      const box = chosen === "background" ? made.background : made.boxes[chosen];
      box[one.dataset.upload] = answer.name;
      if (chosen === "background") delete box.scene;
    });
  }
}
