// Forms with files: drop files and folders, see how far sending is. Also the box that ticks all.
"use strict";

const MOST_FILES = 1000;

// Return the files of what was dropped, with their paths inside dropped folders.
async function droppedFiles(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry && item.webkitGetAsEntry());
  if (!entries.some((entry) => entry && entry.isDirectory)) {
    return [...transfer.files].map((file) => ({ file, name: file.name }));
  }
  const found = [];
  for (const entry of entries) if (entry) await walk(entry, "", found);
  return found;
}

async function walk(entry, folder, found) {
  if (found.length > MOST_FILES) return;
  if (entry.isFile) {
    const file = await new Promise((done, failed) => entry.file(done, failed));
    found.push({ file, name: folder + entry.name });
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    const some = await new Promise((done, failed) => reader.readEntries(done, failed));
    if (!some.length) return;
    for (const one of some) await walk(one, `${folder}${entry.name}/`, found);
  }
}

function setUp(form) {
  const drop = form.querySelector("[data-drop]");
  let dropped = [];
  const inputs = [...form.querySelectorAll("input[type=file]")];

  function chosen() {
    const picked = inputs.flatMap((input) => [...input.files])
      .map((file) => ({ file, name: file.webkitRelativePath || file.name }));
    return wanted([...dropped, ...picked]);
  }

  // Of folders only files that may be reports are sent.
  function wanted(files) {
    const suffixes = drop ? drop.dataset.suffixes.split(" ") : [];
    return files.filter(({ name }) => !drop || !name.includes("/")
      || suffixes.some((suffix) => name.toLowerCase().replace(/\.gz$/, "").endsWith(suffix))
      || /\.(gz|tar\.(gz|bz2|xz))$/i.test(name));
  }

  function show() {
    const files = chosen();
    const bytes = files.reduce((sum, { file }) => sum + file.size, 0);
    const size = bytes < 1048576 ? `${Math.ceil(bytes / 1024)} KB` : `${(bytes / 1048576).toFixed(1)} MB`;
    form.querySelector(".chosen").textContent = files.length ? drop.dataset.chosen
      .replace("{count}", files.length).replace("{size}", size) : "";
  }

  function refused(files) {
    if (!drop) return "";
    const most = Number(drop.dataset.most);
    const size = files.reduce((sum, { file }) => sum + file.size, 0);
    if (files.length > MOST_FILES) return drop.dataset.many;
    return size > most ? drop.dataset.large.replace("{most}", Math.floor(most / 1048576)) : "";
  }

  function send() {
    const files = chosen();
    const why = refused(files);
    const line = form.querySelector(".refusal");
    if (line) line.hidden = true;
    if (why) { refuse(form, why); return; }
    const body = new FormData(form);
    body.delete("files");
    for (const { file, name } of files) body.append("files", file, name);
    const button = form.querySelector("button");
    const bar = form.querySelector(".sending");
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.setRequestHeader("HX-Request", "true"); // what is wrong is answered, not shown elsewhere
    request.upload.addEventListener("progress", (event) => {
      if (bar && event.lengthComputable) bar.value = 100 * event.loaded / event.total;
    });
    request.addEventListener("load", () => {
      if (request.status < 400) { location.assign(request.responseURL); return; }
      const text = request.responseText;
      ended(text.trimStart().startsWith("<") ? reason(text) : text);
    });
    request.addEventListener("error", () => ended(document.body.dataset.failed));
    function ended(message) {
      refuse(form, message);
      button.disabled = false;
      if (bar) bar.hidden = true;
    }
    button.disabled = true;
    if (bar) bar.hidden = false;
    request.send(body);
  }

  form.addEventListener("submit", (event) => { event.preventDefault(); send(); });
  if (!drop) return;
  for (const input of inputs) input.addEventListener("change", show);
  for (const name of ["dragenter", "dragover"]) {
    drop.addEventListener(name, (event) => { event.preventDefault(); drop.classList.add("over"); });
  }
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", async (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    dropped = dropped.concat(await droppedFiles(event.dataTransfer));
    show();
    if ("atOnce" in drop.dataset) send();
  });
}

document.querySelectorAll("form[data-upload]").forEach(setUp);

document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-all]")) return;
  const boxes = event.target.closest("table").querySelectorAll("tbody input[type=checkbox]");
  for (const box of boxes) box.checked = event.target.checked;
});
