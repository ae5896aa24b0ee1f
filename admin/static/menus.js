// The menu editor: only the fields that matter, bytes counted, checked by the server's rules while typing,
// the name on the phone at once, and buttons dragged to another place.
const form = document.querySelector("form.button-form");
const phone = document.querySelector("[data-phone]");
const drop = document.getElementById("drop");

if (form) {
  const part = form.querySelector("[data-check]");
  const label = phone.querySelector("[data-chosen] [data-label]");
  const isSub = form.elements.is_sub.value === "1";
  const width = (text) => [...text].reduce((sum, letter) => sum + (letter.charCodeAt(0) < 128 ? 1 : 2), 0);

  // As words.shown does it.
  const shown = (name) => {
    const most = isSub ? 16 : 8;
    if (width(name) <= most) return name;
    let made = "";
    for (const letter of name) { if (width(made + letter) > most) break; made += letter; }
    return `${made}…`;
  };
  const show = () => {
    const kind = form.elements.type?.value;
    for (const one of form.querySelectorAll("[data-kinds]")) one.hidden = !one.dataset.kinds.split(" ").includes(kind);
  };
  const count = () => {
    for (const one of form.querySelectorAll(".counted")) {
      const bytes = new TextEncoder().encode(one.querySelector("input").value.trim()).length, most = Number(one.dataset.limit);
      const said = one.querySelector(".count");
      said.textContent = said.dataset.says.replace("{n}", bytes.toLocaleString()).replace("{most}", most.toLocaleString());
      said.classList.toggle("over", bytes > most);
    }
  };
  const complain = (problems, typed) => {
    for (const one of form.querySelectorAll("[data-field]")) {
      const found = problems.find((problem) => problem.field === one.dataset.field);
      const input = one.querySelector("input"), said = one.querySelector(".invalid-feedback");
      // What was not touched yet is not complained about for being empty.
      const counts = found && (input.value || typed.has(input.name));
      said.textContent = counts ? found.says : "";
      said.classList.toggle("is-warning", Boolean(counts && found.warning));
      input.classList.toggle("is-invalid", Boolean(counts && !found.warning));
      if (counts && !found.warning) input.setAttribute("aria-invalid", "true"); else input.removeAttribute("aria-invalid");
    }
  };
  const typed = new Set();
  let waiting = 0, asked = 0;
  const check = () => {
    clearTimeout(waiting);
    const mine = ++asked;
    waiting = setTimeout(async () => {
      const facts = new URLSearchParams([...new FormData(form)].filter(([name]) => name !== "csrf"));
      const answer = await fetch(`${part.dataset.check}?${facts}`);
      if (!answer.ok) return;
      const { problems } = await answer.json();
      if (mine === asked) complain(problems, typed);
    }, 200);
  };
  form.addEventListener("input", (event) => {
    typed.add(event.target.name);
    if (label) label.textContent = shown(form.elements.name.value.trim());
    show(); count(); check();
  });
  form.addEventListener("change", show);
  show(); count();
}

// Alt and an arrow key do what the arrow buttons do.
document.addEventListener("keydown", (event) => {
  if (!event.altKey || !event.key.startsWith("Arrow")) return;
  const button = document.querySelector(`.moves [data-way=${event.key.slice(5).toLowerCase()}]`);
  if (button) { event.preventDefault(); button.click(); }
});

if (phone && drop) {
  let dragged = null;
  const buttons = [...phone.querySelectorAll("[data-button]")];
  const clear = () => { for (const one of buttons) one.classList.remove("before", "after", "into"); };
  // Where it would go: before or after a button, or, in the middle of one on the bar, into its group.
  const side = (event, one) => {
    const box = one.getBoundingClientRect(), isSub = Boolean(one.dataset.under);
    const at = isSub ? (event.clientY - box.top) / box.height : (event.clientX - box.left) / box.width;
    if (!isSub && at > 0.3 && at < 0.7 && one !== dragged) return "into";
    return at < 0.5 ? "before" : "after";
  };
  for (const one of buttons) {
    one.addEventListener("dragstart", (event) => { dragged = one; one.classList.add("dragged"); event.dataTransfer.setData("text/plain", one.dataset.button); });
    one.addEventListener("dragend", () => { one.classList.remove("dragged"); dragged = null; clear(); });
    one.addEventListener("dragover", (event) => {
      if (!dragged || dragged === one) return;
      event.preventDefault();
      clear();
      one.classList.add(side(event, one));
    });
    one.addEventListener("drop", (event) => {
      event.preventDefault();
      if (!dragged || dragged === one) return;
      const where = side(event, one), into = where === "into";
      const under = into ? one.dataset.button : one.dataset.under;
      let place = into ? 99 : Number(one.dataset.place) + (where === "after" ? 1 : 0);
      // It leaves its own place first.
      if (!into && dragged.dataset.under === under && Number(dragged.dataset.place) < place) place -= 1;
      drop.elements.id.value = dragged.dataset.button;
      drop.elements.under.value = under;
      drop.elements.place.value = place;
      drop.requestSubmit();
    });
  }
}
