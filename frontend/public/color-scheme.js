// Runs before the first paint, so that a dark page never flashes white. A file of its own: the CSP allows no inline script.
(function () {
  let chosen = "auto";
  try {
    chosen = localStorage.getItem("headwater-color-scheme") || "auto";
  } catch {
    // storage may be forbidden; the system's choice holds
  }
  const dark = chosen === "dark" || (chosen !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.setAttribute("data-mantine-color-scheme", dark ? "dark" : "light");
})();
