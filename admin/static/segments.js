// The editor of a segment: rows taken away, long lists narrowed, and the number counted anew after each change.
const form = document.querySelector("form.segment");

let waiting = 0;
function recount() {
  clearTimeout(waiting);
  waiting = setTimeout(() => document.body.dispatchEvent(new Event("count")), 400);
}

form.addEventListener("change", recount);
form.addEventListener("input", (event) => { if (!event.target.matches("[data-narrows]")) recount(); });
form.addEventListener("click", (event) => {
  const row = event.target.closest("[data-drops]")?.closest(".condition");
  if (!row) return;
  const next = row.nextElementSibling ?? row.previousElementSibling;
  const add = row.closest(".block").querySelector("button[name=add]");
  row.remove();
  (next?.querySelector("select") ?? add)?.focus();
  form.dispatchEvent(new Event("input"));
  recount();
});

// A list of hundreds is narrowed by a few letters; what is chosen always shows.
form.addEventListener("input", (event) => {
  if (!event.target.matches("[data-narrows]")) return;
  const wanted = event.target.value.trim().toLowerCase();
  for (const label of event.target.parentElement.querySelectorAll(".form-check"))
    label.hidden = !label.textContent.toLowerCase().includes(wanted) && !label.querySelector("input").checked;
});
form.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.matches("[data-narrows]")) event.preventDefault();
});

// What is chosen stands in the summary as well.
form.addEventListener("change", (event) => {
  const pick = event.target.closest(".condition-pick");
  if (!pick) return;
  const chosen = [...pick.querySelectorAll("input:checked")].map((box) => {
    const tag = document.createElement("span");
    tag.className = "tag";
    tag.textContent = box.closest("label").textContent.trim();
    return tag;
  });
  const summary = pick.querySelector("summary");
  summary.dataset.none ??= summary.querySelector(".muted")?.textContent ?? "…";
  const none = Object.assign(document.createElement("span"), { className: "muted", textContent: summary.dataset.none });
  summary.replaceChildren(...(chosen.length ? chosen : [none]));
});

// A row that was just added gets the cursor, once it hears of changes.
document.body.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.target.matches?.(".conditions")) event.detail.target.lastElementChild?.querySelector("select")?.focus();
  if (event.detail.target.id !== "count") recount();
});
