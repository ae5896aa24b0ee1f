// What every page does besides being read. Everything works without it, only less comfortably.
import "./confirm.js";
import "./finder.js";
import "./unsaved.js";

const root = document.documentElement;
const words = document.getElementById("words")?.dataset ?? {};

const themeButton = document.getElementById("theme");
if (themeButton) {
  const label = () => { themeButton.textContent = root.dataset.bsTheme === "dark" ? themeButton.dataset.light : themeButton.dataset.dark; };
  themeButton.addEventListener("click", () => {
    root.dataset.bsTheme = root.dataset.bsTheme === "dark" ? "light" : "dark";
    try { localStorage.setItem("yizhan.theme", root.dataset.bsTheme); } catch { /* it holds for this page */ }
    label();
  });
  label();
}

// Menus close when something else is meant.
document.addEventListener("click", (event) => {
  for (const open of document.querySelectorAll("details.drop[open]")) if (!open.contains(event.target)) open.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const open of document.querySelectorAll("details.drop[open]")) { open.open = false; open.querySelector("summary").focus(); }
});

// data-copy="#id" copies what stands there.
for (const button of document.querySelectorAll("[data-copy]")) {
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.querySelector(button.dataset.copy).textContent);
    button.textContent = words.copied;
  });
}

// data-shown-when="field=value" hides a part of a form while another field says something else.
for (const part of document.querySelectorAll("[data-shown-when]")) {
  const [name, value] = part.dataset.shownWhen.split("=");
  const form = part.closest("form");
  const show = () => { part.hidden = form.elements[name].value !== value; };
  form.addEventListener("change", show);
  show();
}

// A part that follows by itself is not redrawn under the pointer, or the press would be lost; it asks again anyway.
let pressed = null, pressedAt = 0;
document.addEventListener("pointerdown", (event) => { pressed = event.target; pressedAt = performance.now(); }, true);
document.addEventListener("htmx:beforeSwap", (event) => {
  const { target } = event.detail;
  if (performance.now() - pressedAt < 500 && target.matches("[hx-trigger^=every]") && target.contains(pressed)) event.detail.shouldSwap = false;
});

// The first thing that is wrong gets the cursor.
document.querySelector("[aria-invalid=true]")?.focus();
