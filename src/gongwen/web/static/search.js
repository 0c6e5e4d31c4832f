// Keys of the search page, and what screen readers and the address are told when results change.
"use strict";

(() => {
  const steps = () => [...document.querySelectorAll("[data-step]")];
  const current = () => document.activeElement && document.activeElement.closest("[data-step]");

  function step(by) {
    const all = steps();
    if (!all.length) return;
    const at = all.indexOf(current());
    const next = at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + by, 0), all.length - 1);
    all[next].focus({ preventScroll: true });
    all[next].scrollIntoView({ block: "nearest" });
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const box = document.getElementById("q");
    if (event.target.closest("input, textarea, select, [contenteditable]")) {
      if (event.key === "Escape" && event.target === box) box.blur();
      return;
    }
    const hit = current();
    if (event.key === "/" && box) {
      box.focus();
      box.select();
    } else if (event.key === "j") step(1);
    else if (event.key === "k") step(-1);
    else if (event.key === "c" && hit) hit.querySelector("[data-copy]").click();
    else if (event.key === "Enter" && hit === event.target) hit.querySelector("[data-open]").click();
    else return;
    event.preventDefault();
  });

  // The results were replaced: say how much was found, and do not lose the focus.
  document.addEventListener("htmx:afterSettle", (event) => {
    // On the way back in the history the whole page is new, and there is no target.
    if (event.detail.elt?.id !== "results" && event.detail.target?.id !== "results") return;
    const summary = document.getElementById("summary");
    document.getElementById("told").textContent = summary ? summary.textContent.trim() : "";
    if (summary && (!document.activeElement || document.activeElement === document.body)) {
      summary.focus({ preventScroll: true });
    }
  });

  // The link to the other language leads to what is shown now; the box has what was asked for.
  document.addEventListener("htmx:pushedIntoHistory", () => {
    const here = new URL(location.href);
    for (const link of document.querySelectorAll("a[hreflang]")) {
      const there = new URL(here);
      there.searchParams.set("lang", link.hreflang);
      link.href = there.pathname + there.search;
    }
    const box = document.getElementById("q");
    if (box && here.pathname === "/search") box.value = here.searchParams.get("q") || "";
  });
})();
