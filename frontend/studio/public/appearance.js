// Runs before the first paint, as a file of its own so that no inline script is needed: sets the colour scheme,
// language and direction that were chosen last, so that nothing flashes or flips while the studio loads.
(() => {
  const root = document.documentElement;
  let scheme = "auto";
  let locale = "";
  try {
    scheme = localStorage.getItem("laurel.scheme") || "auto";
    locale = localStorage.getItem("laurel.locale") || "";
  } catch {
    // Storage may be switched off: the defaults hold.
  }
  const dark =
    scheme === "dark" || (scheme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  root.setAttribute("data-mantine-color-scheme", dark ? "dark" : "light");
  const chosen = [locale, ...navigator.languages].map((tag) => tag.slice(0, 2));
  const language = chosen.find((tag) => tag === "en" || tag === "zh" || tag === "fa") || "en";
  root.lang = language;
  root.dir = language === "fa" ? "rtl" : "ltr";
})();
