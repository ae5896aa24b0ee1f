// Runs before anything is painted, so that neither theme nor language flickers.
(() => {
  const root = document.documentElement;
  const kept = (name) => { try { return localStorage.getItem(name); } catch { return null; } };
  const theme = kept("yizhan.theme");
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  if (kept("yizhan.language") === "en") root.lang = "en";
})();
