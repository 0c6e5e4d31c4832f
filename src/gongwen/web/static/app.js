// What all pages share: the token of forms for htmx, copying, and a message when nothing answers.
"use strict";

document.addEventListener("htmx:configRequest", (event) => {
  event.detail.headers["X-CSRF-Token"] = document.body.dataset.csrf;
});

// Pages with a message of what went wrong are shown like any other part.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.xhr.status >= 400) {
    announce(event.detail.xhr.responseText.startsWith("<") ? reason(event.detail.xhr.responseText)
      : event.detail.xhr.responseText, true);
  }
});

document.addEventListener("htmx:sendError", () => announce(document.body.dataset.failed, true));

function reason(page) {
  const heading = new DOMParser().parseFromString(page, "text/html").querySelector("h1");
  return heading ? heading.textContent : document.body.dataset.failed;
}

// Show a message at the top of the page, and let screen readers say it.
function announce(message, bad = false) {
  const line = document.createElement("p");
  line.className = bad ? "problem" : "notice";
  line.textContent = message;
  document.getElementById("said").replaceChildren(line);
}

// <button data-copy="TEXT"> copies a text; without a script the text can be selected.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
  } catch {
    const area = document.createElement("textarea");
    area.value = button.dataset.copy;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  announce(document.body.dataset.copied);
  button.focus();
});

// Elements with the class "with-script" are for browsers that run this; "without-script" for others.
document.documentElement.classList.add("scripted");
