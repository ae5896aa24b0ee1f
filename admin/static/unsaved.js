// Forms with data-guarded: leaving the page with something typed and not sent asks first.
const typed = new Set();

for (const form of document.querySelectorAll("form[data-guarded]")) {
  const before = said(form);
  form.addEventListener("input", () => { if (said(form) === before) typed.delete(form); else typed.add(form); });
  form.addEventListener("submit", () => typed.delete(form));
}

addEventListener("beforeunload", (event) => { if (typed.size) event.preventDefault(); });

function said(form) {
  return JSON.stringify([...new FormData(form)].filter(([, value]) => typeof value === "string"));
}
