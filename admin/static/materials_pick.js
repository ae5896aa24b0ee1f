// Fields with data-pick: the select stays what is sent, and a dialog with pictures fills it.
import { choose } from "./materials_dialog.js";

for (const field of document.querySelectorAll("[data-pick]")) enhance(field);

function enhance(field) {
  const select = field.querySelector("select"), shown = document.createElement("div");
  shown.className = "picked";
  select.hidden = true;
  const open = button(field.dataset.choose, async () => {
    const chosen = [...select.selectedOptions].map((option) => option.value);
    const row = await choose({ ...field.dataset, chosen });
    open.focus();
    if (row) take(row);
  });
  open.id = `${select.id}-open`;
  field.querySelector("label").htmlFor = open.id;
  select.after(shown);
  draw();

  function take(row) {
    let option = [...select.options].find((one) => one.value === String(row.id));
    if (!option) {
      option = new Option(`${row.title} #${row.id}`, row.id);
      if (row.picture) option.dataset.picture = row.picture;
      select.add(option);
    }
    if (!select.multiple) select.value = String(row.id);
    else option.selected = !option.selected;
    changed();
  }

  function changed() {
    draw();
    select.dispatchEvent(new Event("input", { bubbles: true }));
  }

  function draw() {
    const chosen = [...select.selectedOptions].filter((option) => option.value);
    shown.replaceChildren(...chosen.map(one), open);
    if (chosen.length && !select.disabled) {
      shown.append(button(field.dataset.clear, () => {
        for (const option of select.options) option.selected = option.value === "";
        changed();
      }, "btn btn-link"));
    }
  }

  function one(option) {
    const part = document.createElement("span"), name = document.createElement("span");
    part.className = "picked-one";
    if (option.dataset.picture) {
      const image = document.createElement("img");
      image.src = option.dataset.picture;
      image.alt = "";
      part.append(image);
    }
    name.textContent = option.textContent;
    part.append(name);
    return part;
  }

  function button(words, does, kind = "btn") {
    const made = document.createElement("button");
    Object.assign(made, { type: "button", className: kind, textContent: words });
    made.addEventListener("click", does);
    return made;
  }
}
