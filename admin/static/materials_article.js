// An article's text: an editable page over the textarea, which is what is sent. The server cleans it whatever this does.
import { choose } from "./materials_dialog.js";

const form = document.querySelector(".article-form"), editor = form.querySelector(".editor");
const tools = editor.querySelector(".tools"), written = editor.querySelector(".written"), source = editor.querySelector("textarea");
const reading = document.getElementById("reading");

if (!form.querySelector("fieldset").disabled) {
  written.contentEditable = "true";
  tools.hidden = false;
}
written.hidden = false;
source.hidden = true;
editor.querySelector(".plain-hint").hidden = true;
document.execCommand("defaultParagraphSeparator", false, "p");
document.execCommand("styleWithCSS", false, false);

// What is sent names pictures by material; the addresses are for looking at only.
function body() {
  const copy = written.cloneNode(true);
  for (const image of copy.querySelectorAll("img")) image.removeAttribute("src");
  return copy.innerHTML;
}

function draw() {
  source.value = body();
  reading.querySelector(".reading-title").textContent = form.elements.title.value;
  reading.querySelector(".reading-by span").textContent = form.elements.author.value;
  reading.querySelector(".reading-text").replaceChildren(...written.cloneNode(true).childNodes);
}

function plain(text) {
  const made = document.createElement("div");
  for (const line of text.split(/\n+/).filter((one) => one.trim())) {
    const paragraph = document.createElement("p");
    paragraph.textContent = line;
    made.append(paragraph);
  }
  return made.innerHTML;
}

let range = null;
document.addEventListener("selectionchange", () => {
  const selection = getSelection();
  if (selection.rangeCount && written.contains(selection.anchorNode)) range = selection.getRangeAt(0).cloneRange();
});

function back() {
  written.focus();
  if (!range) return;
  getSelection().removeAllRanges();
  getSelection().addRange(range);
}

async function run(command, value) {
  if (command === "picture") {
    const row = await choose(editor.dataset);
    back();
    if (!row) return;
    const image = document.createElement("img");
    image.src = editor.dataset.file.replace("/0/", `/${row.id}/`);
    image.dataset.material = row.id;
    image.alt = row.title;
    document.execCommand("insertHTML", false, `<p>${image.outerHTML}</p><p><br></p>`);
  } else if (command === "link") {
    const address = prompt(editor.dataset.address, "https://");
    back();
    if (address && /^https?:\/\/[^\s]+/.test(address)) document.execCommand("createLink", false, address);
  } else {
    back();
    document.execCommand(command, false, value || null);
  }
  draw();
}

tools.addEventListener("mousedown", (event) => event.preventDefault());
tools.addEventListener("click", (event) => {
  const button = event.target.closest("[data-command]");
  if (button) run(button.dataset.command, button.dataset.value);
});
// From Word, the web or WeChat only the words are taken, so that articles look alike.
written.addEventListener("paste", (event) => {
  event.preventDefault();
  const text = event.clipboardData.getData("text/plain");
  document.execCommand(text.includes("\n") ? "insertHTML" : "insertText", false, text.includes("\n") ? plain(text) : text);
});
written.addEventListener("drop", (event) => event.preventDefault());
written.addEventListener("input", draw);
form.addEventListener("input", draw);
form.addEventListener("submit", () => { source.value = body(); });
draw();
