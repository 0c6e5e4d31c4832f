// Labelling by keys: the key of a button presses it, Enter takes the first guess.
"use strict";

document.addEventListener("keydown", (event) => {
  const form = document.querySelector("[data-labels]");
  const typing = event.target.closest("input, select, textarea, summary, button, a");
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (typing && (event.key === "Enter" || !typing.closest("button, a, summary"))) return;
  const button = event.key === "Enter" ? form?.querySelector(".guess")
    : document.querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
  if (button) {
    event.preventDefault();
    button.click();
  }
});
