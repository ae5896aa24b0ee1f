// The dialog in which a material is chosen: pictures with titles, a search, and nothing taken for HTML.
export function choose({ from, title, search, empty, close, unpublished, chosen = [] }) {
  const dialog = document.createElement("dialog");
  dialog.className = "picker";
  const head = document.createElement("div"), heading = document.createElement("h2");
  head.className = "picker-head";
  heading.textContent = title;
  const input = document.createElement("input");
  Object.assign(input, { type: "search", className: "form-control", placeholder: search });
  input.setAttribute("aria-label", search);
  const out = document.createElement("button");
  Object.assign(out, { type: "button", className: "btn", textContent: close });
  out.addEventListener("click", () => dialog.close());
  head.append(heading, input, out);
  const list = document.createElement("ul");
  list.className = "picker-rows";
  dialog.append(head, list);
  document.body.append(dialog);

  return new Promise((resolve) => {
    let found = null, asked = 0, waiting = 0;
    async function load() {
      const mine = ++asked, address = new URL(from, location.href);
      if (input.value.trim()) address.searchParams.set("q", input.value.trim());
      const answer = await fetch(address);
      if (!answer.ok) return;
      const { rows } = await answer.json();
      if (mine !== asked) return;
      list.replaceChildren(...(rows.length ? rows.map(entry) : [said(empty)]));
    }
    function said(words) {
      const item = document.createElement("li");
      item.textContent = words;
      return item;
    }
    function entry(row) {
      const item = document.createElement("li"), button = document.createElement("button"), name = document.createElement("span");
      button.type = "button";
      button.setAttribute("aria-pressed", String(chosen.includes(String(row.id))));
      const about = document.createElement("span");
      about.className = "muted small";
      about.textContent = [row.kind, row.length, row.published === false ? unpublished : null, `#${row.id}`].filter(Boolean).join(" · ");
      name.textContent = row.title;
      button.append(picture(row), name, about);
      button.addEventListener("click", () => { found = row; dialog.close(); });
      item.append(button);
      return item;
    }
    input.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(load, 200); });
    dialog.addEventListener("close", () => { dialog.remove(); resolve(found); });
    dialog.showModal();
    load();
  });
}

export function picture(row) {
  const frame = document.createElement("span");
  frame.className = "material-picture";
  if (row.picture) {
    const image = document.createElement("img");
    image.src = row.picture;
    image.alt = "";
    frame.append(image);
  } else {
    const sign = document.createElement("span");
    sign.className = "material-sign";
    sign.textContent = row.length ? "♪" : "文";
    frame.append(sign);
  }
  return frame;
}
