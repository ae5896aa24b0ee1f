// Forms with data-ask are sent only after a yes; the answer is asked in the page's own dialog.
const dialog = document.getElementById("confirm");

export function ask({ title, text, yes }) {
  dialog.querySelector("h2").textContent = title;
  dialog.querySelector("p").textContent = text;
  dialog.querySelector("[value=yes]").textContent = yes;
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((done) => dialog.addEventListener("close", () => done(dialog.returnValue === "yes"), { once: true }));
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.dataset?.ask || form.dataset.asked) return;
  event.preventDefault();
  const button = event.submitter;
  if (!await ask({ title: form.dataset.title, text: form.dataset.ask, yes: form.dataset.says })) return;
  form.dataset.asked = "yes";
  form.requestSubmit(button);
});
