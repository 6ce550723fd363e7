// Runs before the page is painted, so that a remembered dark theme does not
// flash white. Without a remembered choice the system's preference holds.
(() => {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const remembered = () => {
    try { return localStorage.getItem("themeMode"); } catch { return null; }
  };
  const apply = () => {
    const mode = remembered();
    document.documentElement.classList.toggle("dark", mode ? mode === "dark" : system.matches);
  };
  system.addEventListener("change", apply);
  apply();
})();
