// The page of a report: details beside the text, keys to step through, checks beside the lines.
"use strict";

(() => {
  const text = document.getElementById("text");
  const form = document.querySelector(".layers");
  const keys = document.getElementById("keys");
  const path = text.dataset.details;
  let focusWanted = null;
  let asked = 0;
  let waiting = 0;

  // -- layers: shown and hidden at once, and kept in the address --------------------------------

  function query() {
    const asked = new URLSearchParams(location.search);
    asked.delete("lang");
    return asked;
  }

  function keep(change) {
    const params = query();
    change(params);
    const search = params.toString();
    history.replaceState(null, "", location.pathname + (search ? `?${search}` : "") + location.hash);
  }

  function showLayers() {
    const boxes = [...form.querySelectorAll("input[type=checkbox][name=show]")];
    for (const box of boxes) text.classList.toggle(`show-${box.value}`, box.checked);
    keep((params) => {
      params.delete("show");
      if (boxes.every((box) => box.checked)) return;
      params.append("show", "text");
      for (const box of boxes) if (box.checked) params.append("show", box.value);
    });
  }

  form.addEventListener("change", (event) => {
    if (event.target.name === "show") showLayers();
    if (event.target === keys) localStorage.setItem("gongwen-keys", keys.checked ? "on" : "off");
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  keys.checked = localStorage.getItem("gongwen-keys") !== "off";

  // -- details of a sentence ---------------------------------------------------------------------

  const links = () => [...text.querySelectorAll(".block:not([hidden]) .n")];
  const details = () => document.getElementById("details");
  const opened = () => Number(details().dataset.n || 0);
  const linkOf = (n) => text.querySelector(`.s[data-n="${n}"] > .n`);

  function mark(n) {
    for (const one of text.querySelectorAll(".now")) one.classList.remove("now");
    for (const one of text.querySelectorAll(".n[aria-current]")) one.removeAttribute("aria-current");
    if (!n) return;
    for (const one of text.querySelectorAll(`.s[data-n="${n}"]`)) one.classList.add("now");
    linkOf(n)?.setAttribute("aria-current", "true");
  }

  function open(n, focus = false) {
    mark(n);
    asked = n;
    document.querySelector(".reading").classList.add("with-details");
    const params = query();
    params.delete("at");
    params.delete("checks");
    keep((now) => now.set("at", n));
    const search = params.toString();
    return htmx.ajax("GET", `${path}/${n}${search ? `?${search}` : ""}`, {
      source: "#panel", target: "#details", select: "#details", swap: "outerHTML",
    }).then(() => {
      if (focus && opened() === n) document.getElementById("details-head").focus();
    });
  }

  // Of answers that come late only the one that was asked for last is shown.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const path = event.detail.pathInfo.requestPath.split("?")[0];
    const n = Number(path.split("/").pop());
    if (event.detail.requestConfig.verb === "get" && event.detail.target.id === "details" && n !== asked) {
      event.detail.shouldSwap = false;
    }
  });

  function close() {
    const n = opened();
    mark(0);
    asked = 0;
    document.querySelector(".reading").classList.remove("with-details");
    keep((params) => params.delete("at"));
    const empty = document.createElement("section");
    empty.id = "details";
    details().replaceWith(empty);
    linkOf(n)?.focus();
  }

  document.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    const closing = event.target.closest("[data-close]");
    const step = event.target.closest("[data-step]");
    const link = event.target.closest("#text .n");
    const sentence = event.target.closest("#text .s");
    if (closing) {
      event.preventDefault();
      close();
    } else if (step) {
      event.preventDefault();
      const n = Number(step.dataset.step);
      linkOf(n)?.scrollIntoView({ block: "center" });
      open(n, true);
    } else if (link) {
      event.preventDefault();
      open(Number(link.parentElement.dataset.n), true);
    } else if (sentence && !event.target.closest("a") && getSelection().isCollapsed) {
      open(Number(sentence.dataset.n));
    }
  });

  // -- keys -----------------------------------------------------------------------------------------

  function current() {
    const focused = document.activeElement.closest?.("#text .s");
    return Number(focused?.dataset.n || opened() || 0);
  }

  function go(link) {
    if (!link) return;
    link.focus({ preventScroll: true });
    link.scrollIntoView({ block: "center" });
    clearTimeout(waiting);
    const n = Number(link.parentElement.dataset.n);
    waiting = setTimeout(() => open(n), 150);
  }

  function next(step, fits = () => true) {
    const all = links();
    const now = current();
    const numbers = all.map((link) => Number(link.parentElement.dataset.n));
    const rest = step > 0 ? all.filter((_link, i) => numbers[i] > now)
      : all.filter((_link, i) => numbers[i] < now).reverse();
    return rest.find(fits);
  }

  function sameTopic() {
    const topic = linkOf(current())?.parentElement.dataset.topic;
    return (link) => topic === undefined || link.parentElement.dataset.topic === topic;
  }

  function hasFinding(link) {
    return text.querySelector(`.beside[data-of="${link.parentElement.dataset.n}"]`) !== null;
  }

  async function press(selector) {
    const n = current();
    if (!n) return;
    clearTimeout(waiting);
    if (opened() !== n) await open(n);
    details().querySelector(selector)?.click();
  }

  const actions = {
    j: () => go(next(1)), k: () => go(next(-1)),
    n: () => go(next(1, sameTopic())), p: () => go(next(-1, sameTopic())),
    f: () => go(next(1, hasFinding)), b: () => go(next(-1, hasFinding)),
    u: () => press("#undo"),
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.key === "Escape" && opened()) {
      close();
      return;
    }
    if (!keys.checked || event.target.closest("input, select, textarea")) return;
    const action = /^[1-9qwert]$/.test(event.key) ? () => press(`[data-key="${event.key}"]`)
      : actions[event.key];
    if (action) {
      event.preventDefault();
      action();
    }
  });

  // -- after a correction the keyboard stays where it was --------------------------------------------

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.requestConfig.verb !== "post") return;
    focusWanted = document.activeElement.closest?.("#details") ? "details" : "text";
    asked = opened();
  });

  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.requestConfig?.verb === "post" && focusWanted) {
      const n = opened();
      mark(n);
      if (focusWanted === "details") document.getElementById("details-head")?.focus();
      else linkOf(n)?.focus({ preventScroll: true });
      focusWanted = null;
      htmx.trigger(document.body, "corrected"); // what the report leaves out may be another now
    }
    if (event.detail.elt.id === "found") {
      for (const one of text.querySelectorAll(".beside, .copy")) one.remove();
    }
    place();
  });

  // -- checks and copies beside the lines ----------------------------------------------------------

  function place() {
    for (const one of document.querySelectorAll("#found [data-finding]")) {
      const n = one.dataset.finding;
      const block = text.querySelector(`.s[data-n="${n}"]`)?.closest(".block");
      if (!block || block.querySelector(`.beside[data-of="${n}"]`)) continue;
      for (const all of document.querySelectorAll(`#found [data-finding="${n}"]`)) {
        const aside = document.createElement("aside");
        aside.className = `beside ${all.dataset.css}`;
        aside.dataset.of = n;
        aside.setAttribute("aria-label", all.querySelector("a").textContent);
        aside.append(...all.querySelector(".what").cloneNode(true).childNodes);
        block.append(aside);
      }
    }
    for (const one of document.querySelectorAll("#found [data-copy]")) {
      const link = linkOf(one.dataset.copy);
      if (link && !link.parentElement.querySelector(".copy")) {
        link.parentElement.append(one.querySelector(".copy").cloneNode(true));
      }
    }
  }

  place();

  // -- the section that is read now ------------------------------------------------------------------

  const sections = new Map([...document.querySelectorAll("[data-section]")].map(
    (link) => [link.dataset.section, link]));

  function section() {
    let now = null;
    for (const [n, link] of sections) {
      const heading = document.getElementById(`s-${n}`);
      if (heading && heading.getBoundingClientRect().top < innerHeight / 3) now = link;
      else break;
    }
    for (const link of sections.values()) {
      if (link === now) link.setAttribute("aria-current", "location");
      else link.removeAttribute("aria-current");
    }
    if (now && matchMedia("(min-width: 50.01rem)").matches) {
      const side = now.closest(".side");
      const [top, bottom] = [now.offsetTop, now.offsetTop + now.offsetHeight];
      if (top < side.scrollTop || bottom > side.scrollTop + side.clientHeight) side.scrollTop = top - 80;
    }
  }

  let ticking = false;
  addEventListener("scroll", () => {
    if (ticking) return;
    ticking = true;
    requestAnimationFrame(() => {
      ticking = false;
      section();
    });
  }, { passive: true });
  section();

  const start = Number(query().get("at") || 0);
  if (start) {
    asked = start;
    linkOf(start)?.scrollIntoView({ block: "center" });
  }
})();
