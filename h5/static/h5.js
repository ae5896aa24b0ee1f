// What forms gain with JavaScript: no page flashes by, nothing is sent twice, the clock beside the code button runs.
// Without it every form works as a form does.
const quiet = { "X-Requested-With": "fetch" };

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.dataset.going) return event.preventDefault();
  form.dataset.going = "yes";
  const button = event.submitter;
  button?.classList.add("is-going");
  button?.setAttribute("aria-disabled", "true");
  if (!form.hasAttribute("data-in-place")) return;
  event.preventDefault();
  const sent = new URLSearchParams(new FormData(form, button));
  try {
    const answer = await fetch(button?.getAttribute("formaction") ?? form.getAttribute("action"), {
      method: "POST", body: sent, headers: quiet, redirect: "follow", credentials: "same-origin",
    });
    if (answer.redirected) return location.assign(answer.url);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const part = page.querySelector(`#${form.closest("[data-part]").id}`);
    if (!part) {
      document.title = page.title;
      document.body.replaceWith(document.adoptNode(page.body));
      scrollTo(0, 0);
      return start();
    }
    const old = document.getElementById(part.id);
    const opened = new Set([...old.querySelectorAll("details[open]")].map((each) => each.id));
    old.replaceWith(document.adoptNode(part));
    for (const id of opened) document.getElementById(id)?.setAttribute("open", "");
    start();
    focusIn(document.getElementById(part.id));
  } catch {
    delete form.dataset.going;
    button?.classList.remove("is-going");
    button?.removeAttribute("aria-disabled");
    const told = form.querySelector("[data-offline]");
    if (told) told.hidden = false;
  }
});

function focusIn(part) {
  const field = part.querySelector("[aria-invalid=true], [data-next]");
  field?.focus();
  (field ?? part.querySelector("[role=status], [role=alert]"))?.scrollIntoView({ block: "nearest" });
}

function start() {
  for (const button of document.querySelectorAll("[data-seconds]")) {
    const words = button.textContent.trim();
    const until = Date.now() + 1000 * button.dataset.seconds;
    button.removeAttribute("data-seconds");
    const tick = () => {
      const left = Math.ceil((until - Date.now()) / 1000);
      button.disabled = left > 0;
      button.textContent = left > 0 ? `${left} 秒后重发` : button.dataset.words ?? words;
      if (left > 0 && button.isConnected) setTimeout(tick, 250);
    };
    tick();
  }
}

// A page that comes back from the browser's memory may hold a form that was sent.
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
// The keyboard must never hide the field.
document.addEventListener("focusin", (event) => {
  if (event.target.matches("input")) setTimeout(() => event.target.scrollIntoView({ block: "center", behavior: "smooth" }), 300);
});
start();
