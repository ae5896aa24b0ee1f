// "/" goes to the search, which finds sections by their titles and by the words they are also known by.
const field = document.getElementById("finder");
const list = document.getElementById("found");

if (field) {
  const sections = [...document.querySelectorAll(".side-group a")].map((link) => ({
    href: link.href,
    title: link.textContent.trim(),
    group: link.closest(".side-group").querySelector("h2").textContent.trim(),
    words: `${link.textContent} ${link.dataset.words}`.toLowerCase(),
  }));
  const show = () => {
    const wanted = field.value.trim().toLowerCase();
    const found = sections.filter((section) => section.words.includes(wanted));
    list.replaceChildren(...found.map(entry));
    if (!found.length) list.append(Object.assign(document.createElement("li"), { textContent: field.dataset.none }));
    list.hidden = false;
  };
  const entry = (section) => {
    const item = document.createElement("li");
    const link = Object.assign(document.createElement("a"), { href: section.href, textContent: section.title });
    link.append(Object.assign(document.createElement("small"), { textContent: section.group }));
    item.append(link);
    return item;
  };
  const step = (by) => {
    const links = [...list.querySelectorAll("a")];
    const at = links.indexOf(document.activeElement) + by;
    (links[at] ?? field).focus();
  };
  field.addEventListener("focus", show);
  field.addEventListener("input", show);
  field.closest(".finder").addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") step(1);
    else if (event.key === "ArrowUp") step(-1);
    else if (event.key === "Enter" && event.target === field) list.querySelector("a")?.click();
    else if (event.key === "Escape") { list.hidden = true; field.blur(); } else return;
    event.preventDefault();
  });
  document.addEventListener("click", (event) => { if (!event.target.closest(".finder")) list.hidden = true; });
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    field.focus();
  });
}
