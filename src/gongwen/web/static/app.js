// What all pages share: the token of forms for htmx, copying, and a message when nothing answers.
"use strict";

document.addEventListener("htmx:configRequest", (event) => {
  event.detail.headers["X-CSRF-Token"] = document.body.dataset.csrf;
});

// Pages with a message of what went wrong are shown like any other part.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.xhr.status >= 400) {
    const text = event.detail.xhr.responseText;
    refuse(event.detail.requestConfig.elt.closest("form"), text.trimStart().startsWith("<") ? reason(text) : text);
  }
});

document.addEventListener("htmx:sendError", () => announce(document.body.dataset.failed, true));

function reason(page) {
  const found = new DOMParser().parseFromString(page, "text/html").querySelectorAll("h1, .to-do");
  return [...found].map((one) => one.textContent).join("；") || document.body.dataset.failed;
}

// Show beside a form why it was not taken, or at the top of the page when it has no place for that.
function refuse(form, message) {
  const line = form?.querySelector(".refusal");
  if (!line) {
    announce(message, true);
    return;
  }
  line.textContent = message;
  line.hidden = false;
  line.scrollIntoView({ block: "nearest" });
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

// A browser names its control for files in its own language; show one in that of the page.
for (const input of document.querySelectorAll("input[type=file]")) {
  const button = document.createElement("span");
  button.className = "button";
  button.textContent = document.body.dataset[input.webkitdirectory ? "folder" : "files"];
  button.addEventListener("click", () => input.click());
  const names = document.createElement("span");
  const show = () => {
    const files = [...input.files];
    names.textContent = files.map((file) => file.name).slice(0, 3).join("、") + (files.length > 3 ? " …" : "");
  };
  input.addEventListener("change", show);
  for (const one of [button, names]) one.ariaHidden = "true"; // the control itself is still there
  input.classList.add("covered");
  input.after(button, " ", names);
  show();
}

// Elements with the class "with-script" are for browsers that run this; "without-script" for others.
document.documentElement.classList.add("scripted");
