// The form of a rule or of a broadcast: only the fields that matter, bytes counted, patterns checked, the answer as a bubble.
const form = document.querySelector("form.rule");
const preview = document.getElementById("preview");
const sample = JSON.parse(preview.dataset.sample);
const pattern = document.getElementById("pattern");
const value = (name) => form.elements[name]?.value ?? "";

function show() {
  for (const part of form.querySelectorAll("[data-for]")) part.hidden = !part.dataset.for.split(" ").includes(value("trigger"));
  for (const message of form.querySelectorAll("[data-message]")) {
    const type = value(`${message.dataset.message}_type`);
    for (const part of message.querySelectorAll("[data-types]")) part.hidden = !part.dataset.types.split(" ").includes(type);
  }
}

// As bot.replies.speaking does it: a line with nothing to fill in is left out.
function filled(text) {
  const names = Object.keys(sample);
  const lines = text.split("\n").filter((line) => names.every((name) => sample[name] || !line.includes(name)));
  return names.reduce((said, name) => said.replaceAll(name, sample[name]), lines.join("\n"));
}

function count() {
  for (const part of form.querySelectorAll(".counted")) {
    const text = part.querySelector("textarea").value, said = part.querySelector(".count"), most = Number(part.dataset.limit);
    const bytes = new TextEncoder().encode(filled(text)).length;
    said.textContent = text ? said.dataset.says.replace("{n}", bytes.toLocaleString()).replace("{most}", most.toLocaleString()) : "";
    said.classList.toggle("over", bytes > most);
  }
}

function bubble(slot) {
  const type = value(`${slot}_type`), made = document.createElement("p");
  made.className = "bubble";
  if (type === "text") {
    const text = filled(value(`${slot}_content`).trim());
    // Links look like links; nothing of the text is taken for HTML.
    for (const part of text.split(/(<a\s[^>]*>.*?<\/a>)/)) {
      const link = /^<a\s[^>]*>(.*?)<\/a>$/.exec(part);
      if (!link) { made.append(part); continue; }
      const shown = document.createElement("u");
      shown.textContent = link[1];
      made.append(shown);
    }
    return text ? made : null;
  }
  if (type === "none") return null;
  if (type === "news") {
    made.classList.add("card-bubble");
    made.textContent = value(`${slot}_title`);
    const below = document.createElement("span");
    below.textContent = value(`${slot}_description`);
    made.append(below);
    return made;
  }
  const picked = { image: "image", voice: "voice", video: "video", music: "thumb", article: "articles" }[type];
  const options = picked ? [...form.elements[`${slot}_${picked}`].selectedOptions].filter((one) => one.value) : [];
  if (options.length) {
    made.classList.toggle("card-bubble", type === "article");
    for (const option of options) {
      if (option.dataset.picture) {
        const image = document.createElement("img");
        image.src = option.dataset.picture;
        image.alt = "";
        made.append(image);
      }
      if (type !== "image") made.append(option.textContent);
    }
    return made;
  }
  made.textContent = `[${form.elements[`${slot}_type`].selectedOptions[0].textContent}]`;
  return made;
}

function draw() {
  const slots = ["reply", ...[1, 2, 3, 4].map((n) => `f${n}`)].filter((slot) => form.elements[`${slot}_type`]);
  preview.replaceChildren(...slots.map(bubble).filter(Boolean));
}

let waiting = 0, asked = 0;
function check() {
  if (!pattern) return;
  clearTimeout(waiting);
  const words = value("words").trim(), mine = ++asked;
  if (value("match") !== "regex" || value("trigger") !== "keyword" || !words) { pattern.textContent = ""; return; }
  waiting = setTimeout(async () => {
    const answer = await fetch(`${pattern.dataset.address}?${new URLSearchParams({ words })}`);
    if (!answer.ok) return;
    const { problems } = await answer.json();
    if (mine !== asked) return;
    pattern.textContent = problems.length ? problems.join("\n") : pattern.dataset.right;
    pattern.className = `small pattern ${problems.length ? "bad" : "good"}`;
  }, 250);
}

function all() { show(); count(); draw(); check(); }
form.addEventListener("input", all);
form.addEventListener("change", all);
all();
