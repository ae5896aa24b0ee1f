// The button says how many codes it downloads.
const form = document.getElementById("chosen");
if (form) {
  const button = form.querySelector("button");
  const ticks = document.querySelectorAll("input[form=chosen]");
  const count = () => {
    const n = [...ticks].filter((tick) => tick.checked).length;
    button.textContent = n ? button.dataset.some.replace("{n}", n) : button.dataset.none;
  };
  for (const tick of ticks) tick.addEventListener("change", count);
  count();
}
