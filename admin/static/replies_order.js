// Rules are dragged to another place; the same as their buttons do one step at a time.
const form = document.getElementById("drop");
let dragged = null;

const kind = (row) => row.querySelector(".order").dataset.kind;
const number = (row) => row.querySelector(".order").dataset.rule;
const isAbove = (event, row) => event.clientY < row.getBoundingClientRect().top + row.offsetHeight / 2;
const clear = () => { for (const row of document.querySelectorAll("tr.above, tr.below")) row.classList.remove("above", "below"); };

if (form) {
  for (const grip of document.querySelectorAll(".grip")) {
    const row = grip.closest("tr");
    grip.addEventListener("pointerdown", () => { row.draggable = true; });
    grip.addEventListener("pointerup", () => { row.draggable = false; });
    row.addEventListener("dragstart", (event) => { dragged = row; row.classList.add("dragged"); event.dataTransfer.setData("text/plain", number(row)); });
    row.addEventListener("dragend", () => { row.classList.remove("dragged"); row.draggable = false; dragged = null; clear(); });
    row.addEventListener("dragover", (event) => {
      if (!dragged || dragged === row || kind(dragged) !== kind(row)) return;
      event.preventDefault();
      clear();
      row.classList.add(isAbove(event, row) ? "above" : "below");
    });
    row.addEventListener("drop", (event) => {
      event.preventDefault();
      if (!dragged || dragged === row) return;
      form.action = form.dataset.address.replace("/0/", `/${number(dragged)}/`);
      form.elements.before.value = isAbove(event, row) ? number(row) : "";
      form.elements.after.value = isAbove(event, row) ? "" : number(row);
      form.requestSubmit();
    });
  }
}
