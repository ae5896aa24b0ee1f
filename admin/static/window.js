// How long a fan may still be written to, and how many characters a message may still have.
for (const left of document.querySelectorAll("[data-until]")) {
  const tell = () => {
    const seconds = Math.floor(Number(left.dataset.until) - Date.now() / 1000);
    if (seconds <= 0) { left.textContent = left.dataset.over; clearInterval(timer); return; }
    const parts = { h: Math.floor(seconds / 3600), m: Math.floor(seconds / 60) % 60, s: seconds % 60 };
    const words = parts.h ? left.dataset.hours : left.dataset.minutes;
    left.textContent = words.replace(/\{(\w)\}/g, (_, name) => parts[name]);
  };
  const timer = setInterval(tell, 1000);
  tell();
}
for (const counter of document.querySelectorAll("[data-counts]")) {
  const field = document.getElementById(counter.dataset.counts);
  const most = Number(counter.dataset.most);
  const tell = () => { counter.textContent = `${[...field.value].length} / ${most}`; };
  field.addEventListener("input", tell);
  tell();
}
