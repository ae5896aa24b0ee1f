// What happens, as it happens: /sim/events, resumed after a break, shared by all tabs.
//
// A browser opens at most six connections to one address, so of all tabs only one (the holder of a lock)
// listens and tells the others.  EventSource cannot hear kinds of events it was not told of; a fetch can.
const listeners = new Set();
const watchers = new Set();
let last = 0;
let state = "";
let begun = false;
const PATIENCE = 20_000;
let tried = () => {};
const channel = "BroadcastChannel" in window ? new BroadcastChannel("yizhan.live") : null;

// Settles when the line has opened, or has failed to: between what is asked for then and what is heard lies no gap.
export const lineTried = new Promise((done) => { tried = done; });

// onEvent({ id, kind, … }) for every event from now on; onState("on" | "off", resumed) when the line opens or breaks.
export function live(onEvent, onState = () => {}) {
  listeners.add(onEvent);
  watchers.add(onState);
  if (state) onState(state, false);
  if (!begun) begin();
  return () => { listeners.delete(onEvent); watchers.delete(onState); };
}

function begin() {
  begun = true;
  setTimeout(() => { if (!state) show("off"); }, PATIENCE);
  channel?.addEventListener("message", ({ data }) => {
    if (data.event) tell(data.event);
    if (data.state) show(data.state, data.missed);
    if (data.ask && holding) channel.postMessage({ state });
  });
  // Without a secure context (a phone on the same network) there are no locks: each tab listens itself.
  if (navigator.locks && channel) {
    navigator.locks.request("yizhan.live", listen);
    channel.postMessage({ ask: true });
  } else listen();
}

let holding = false;

async function listen() {
  holding = true;
  for (let failures = 0; ; ) {
    try {
      await follow(() => { failures = 0; });
    } catch { /* broken line: shown below, then tried again */ }
    announce("off");
    failures += 1;
    await new Promise((done) => setTimeout(done, Math.min(500 * 2 ** Math.min(failures, 4), 5000)));
  }
}

async function follow(opened) {
  const response = await fetch("/sim/events", { cache: "no-store", headers: last ? { "Last-Event-ID": `${last}` } : {} });
  if (!response.ok) throw new Error(response.statusText);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let buffer = "";
  for (let first = true; ; first = false) {
    const { value, done } = await reader.read();
    if (done) return;
    if (first) { opened(); announce("on", state === "off"); }
    const blocks = (buffer + value).split("\n\n");
    buffer = blocks.pop();
    for (const block of blocks) {
      const data = block.split("\n").filter((line) => line.startsWith("data:")).map((line) => line.slice(5)).join("\n");
      if (!data) continue;
      const event = JSON.parse(data);
      channel?.postMessage({ event });
      tell(event);
    }
  }
}

function tell(event) {
  // After a restart of the simulator or a change of the listening tab the same event may come twice.
  if (event.id <= last) return;
  last = event.id;
  for (const each of [...listeners]) {
    try { each(event); } catch (error) { console.error(error); }
  }
}

function announce(now, missed = false) {
  channel?.postMessage({ state: now, missed });
  show(now, missed);
}

function show(now, missed = false) {
  if (now === state && !missed) return;
  const gap = missed || now === "on" && state === "off";
  state = now;
  tried();
  for (const each of [...watchers]) each(now, gap);
}
