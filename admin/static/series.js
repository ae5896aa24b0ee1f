// The form of a series: only the fields that matter, and bytes counted as they are typed.
const form = document.querySelector("form.series");
const value = (name) => form.elements[name]?.value ?? "";
const ticked = (name) => [...form.querySelectorAll(`[name="${name}"]:checked`)].map((one) => one.value);

function show() {
  for (const part of form.querySelectorAll("[data-trigger]")) part.hidden = part.dataset.trigger !== value("trigger");
  for (const part of form.querySelectorAll("[data-reentry]")) part.hidden = part.dataset.reentry !== value("reentry");
  for (const part of form.querySelectorAll("[data-stops]")) part.hidden = !ticked("stops").includes(part.dataset.stops);
  for (const message of form.querySelectorAll("[data-message]")) {
    const slot = message.dataset.message, type = value(`${slot}_type`);
    for (const part of message.querySelectorAll("[data-types]")) part.hidden = !part.dataset.types.split(" ").includes(type);
    message.closest("li").querySelector("[data-unit]").hidden = value(`${slot}_unit`) !== "days";
  }
}

function count() {
  for (const part of form.querySelectorAll(".counted")) {
    const text = part.querySelector("textarea").value, said = part.querySelector(".count"), most = Number(part.dataset.limit);
    const bytes = new TextEncoder().encode(text).length;
    said.textContent = text ? said.dataset.says.replace("{n}", bytes.toLocaleString()).replace("{most}", most.toLocaleString()) : "";
    said.classList.toggle("over", bytes > most);
  }
}

function all() { show(); count(); }
form.addEventListener("input", all);
form.addEventListener("change", all);
// A step that was added or moved is where one goes on.
document.querySelector(".series-steps h3[autofocus]")?.focus();
all();
