// The upload form: what each kind takes, the picture before it is sent, and how much is sent. Without this it is a plain form.
const form = () => document.querySelector("form.upload");

function show() {
  const kind = form().elements.kind.value, file = form().elements.file;
  file.accept = file.dataset[kind];
  for (const line of document.querySelectorAll("[data-takes]")) line.hidden = line.dataset.takes !== kind;
  document.querySelector("[data-takes-description]").hidden = kind !== "video";
}

function preview() {
  const frame = document.querySelector(".upload-preview"), [file] = form().elements.file.files;
  frame.hidden = !file?.type.startsWith("image/") || file.type.includes("svg");
  if (!frame.hidden) frame.querySelector("img").src = URL.createObjectURL(file);
}

function send(event) {
  event.preventDefault();
  const progress = document.querySelector(".upload-progress"), bar = progress.querySelector("progress"), words = progress.querySelector("span");
  const request = new XMLHttpRequest(), button = form().querySelector(".btn-primary");
  progress.hidden = false;
  button.disabled = true;
  request.upload.addEventListener("progress", ({ loaded, total }) => {
    bar.value = loaded / total;
    words.textContent = loaded === total ? words.dataset.judging : words.dataset.says.replace("{n}", Math.round(100 * loaded / total));
  });
  request.addEventListener("load", () => {
    if (request.status === 200 && request.getResponseHeader("Content-Type").includes("json")) {
      location.assign(JSON.parse(request.responseText).to);
      return;
    }
    const answer = new DOMParser().parseFromString(request.responseText, "text/html").querySelector("main");
    if (!answer) { location.reload(); return; }
    document.querySelector("main").replaceWith(document.adoptNode(answer));
    if (form()) { start(); form().elements.file.focus(); }
  });
  request.addEventListener("error", () => { words.textContent = words.dataset.failed; button.disabled = false; });
  request.open("POST", form().action);
  request.setRequestHeader("X-Progress", "1");
  request.send(new FormData(form()));
}

function start() {
  form().elements.kind.addEventListener("change", show);
  form().elements.file.addEventListener("change", preview);
  form().addEventListener("submit", send);
  show();
}

start();
