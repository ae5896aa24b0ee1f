// The hours form: one day's hours for all, and one more line for a holiday.
const same = document.querySelector("[data-copy-day]");
if (same) {
  same.hidden = false;
  same.addEventListener("click", () => {
    const days = [...document.querySelectorAll(".week input")];
    for (const day of days) day.value = days[0].value;
    days[0].dispatchEvent(new Event("input", { bubbles: true }));
  });
}

const more = document.querySelector("[data-more-holidays]");
if (more) {
  const lines = document.querySelector(".holidays");
  more.hidden = false;
  more.addEventListener("click", () => {
    const line = [...lines.querySelectorAll("input")].slice(-3).map((input) => input.cloneNode());
    for (const input of line) input.value = "";
    lines.append(...line);
    line[0].focus();
  });
}
