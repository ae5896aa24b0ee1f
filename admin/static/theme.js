// Runs before anything is painted, so that the theme does not flicker.
(() => {
  let kept = null;
  try { kept = localStorage.getItem("yizhan.theme"); } catch { /* private windows have none */ }
  const dark = kept ? kept === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset.bsTheme = dark ? "dark" : "light";
})();
