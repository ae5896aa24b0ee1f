// Parts of a page that change by themselves: [data-live] is asked for again every few seconds while the page is seen,
// quickly at first and after a touch, then slowly. Where the network fails the part says so, and when what it shows
// is no longer good (data-good, in seconds) it says that, too, instead of showing it.
const QUICKLY = 120_000;
let touched = Date.now();
let pressedAt = -Infinity;
let timer = 0;

const live = () => document.querySelector("[data-live]");
const now = () => performance.now();

function show(part, name, shown) {
  const told = part.querySelector(`[data-live-${name}]`);
  if (told) told.hidden = !shown;
}

function begin(part) {
  part.until = now() + 1000 * part.dataset.good;
  delete part.dataset.over;
  show(part, "stale", false);
  show(part, "over", false);
}

function fail(part) {
  const over = now() > part.until;
  if (over) part.dataset.over = "yes";
  show(part, "stale", !over);
  show(part, "over", over);
}

async function ask() {
  const part = live();
  if (!part) return;
  let wait = Date.now() - touched < QUICKLY ? part.dataset.every : part.dataset.slow;
  try {
    const answer = await fetch(part.dataset.live, { credentials: "same-origin", headers: { "X-Requested-With": "fetch" } });
    if (!answer.ok) throw new Error(answer.status);
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector(`#${part.id}`);
    if (!fresh) return location.reload();
    if (!part.isConnected || part.querySelector("[data-going]")) return plan(wait);
    if (now() - pressedAt < 500) return plan(1); // redrawn under the finger, a press would be lost
    if (fresh.innerHTML === part.dataset.html) {
      part.dataset.good = fresh.dataset.good;
      begin(part);
    } else {
      fresh.dataset.html = fresh.innerHTML;
      part.replaceWith(document.adoptNode(fresh));
      begin(fresh);
    }
  } catch {
    fail(part);
    wait = 3;
  }
  plan(wait);
}

function plan(seconds) {
  clearTimeout(timer);
  if (!document.hidden && live()) timer = setTimeout(ask, 1000 * seconds);
}

function wake() {
  touched = Date.now();
  if (!document.hidden && live()) { clearTimeout(timer); ask(); }
}

document.addEventListener("visibilitychange", () => { if (!document.hidden) wake(); });
addEventListener("online", wake);
addEventListener("offline", () => { const part = live(); if (part) fail(part); });
document.addEventListener("pointerdown", () => { touched = Date.now(); pressedAt = now(); });

// "Back to the chat" is WeChat's own door.
for (const button of document.querySelectorAll("[data-to-chat]")) {
  const closes = () => { button.hidden = false; button.onclick = () => window.WeixinJSBridge.call("closeWindow"); };
  if (window.WeixinJSBridge) closes(); else document.addEventListener("WeixinJSBridgeReady", closes, { once: true });
}

if (live()) { begin(live()); plan(live().dataset.every); }
