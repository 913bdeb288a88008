// Sets the chosen theme before the first paint; without a choice the system decides.
"use strict";

(() => {
  try {
    const theme = localStorage.getItem("visavis.theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch {
    // Storage is blocked: the system's theme stands.
  }
})();
