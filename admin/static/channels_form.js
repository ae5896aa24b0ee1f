// A code's form: only the fields that matter are shown, and bytes are counted.
const form = document.querySelector("form.channel");

function show() {
  for (const part of form.querySelectorAll("[data-for]")) part.hidden = !part.dataset.for.split(" ").includes(form.elements.by.value);
  for (const part of form.querySelectorAll("[data-when]")) {
    const [name, value] = part.dataset.when.split("=");
    part.hidden = form.elements[name].value !== value;
  }
  for (const message of form.querySelectorAll("[data-message]")) {
    const type = form.elements[`${message.dataset.message}_type`].value;
    for (const part of message.querySelectorAll("[data-types]")) part.hidden = !part.dataset.types.split(" ").includes(type);
  }
}

function count() {
  for (const part of form.querySelectorAll(".counted")) {
    const said = part.querySelector(".count"), most = Number(part.dataset.limit);
    const bytes = new TextEncoder().encode(part.querySelector("textarea").value).length;
    said.textContent = bytes ? said.dataset.says.replace("{n}", bytes.toLocaleString()).replace("{most}", most.toLocaleString()) : "";
    said.classList.toggle("over", bytes > most);
  }
}

if (form) {
  const all = () => { show(); count(); };
  form.addEventListener("input", all);
  form.addEventListener("change", all);
  for (const button of form.querySelectorAll("[data-all]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      const boxes = [...form.querySelectorAll(`input[name=${button.dataset.all}]`)], some = boxes.some((box) => !box.checked);
      for (const box of boxes) box.checked = some;
    });
  }
  all();
}
