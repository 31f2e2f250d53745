"use strict";

const data = JSON.parse(document.getElementById("data").textContent);
const PAGE = 24;
const at = (name) => document.getElementById(name);
const controls = ["task", "language", "finding", "search"].map(at);
let shown = data.examples;
let page = 0;

// Text is always set as text: nothing of an example is read as HTML.
function make(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

function counted(values) {
  const counts = new Map();
  for (const value of values) {
    if (value) counts.set(value, (counts.get(value) || 0) + 1);
  }
  return counts;
}

function offer(select, counts, nameOf) {
  for (const [value, count] of counts) {
    const option = make("option", "", `${nameOf(value)} (${count})`);
    option.value = value;
    select.append(option);
  }
}

function textOf(example) {
  example.text ??= [example.prompt, example.target, example.id, example.form]
    .join("\n").toLowerCase();
  return example.text;
}

// The address keeps what is chosen, so that a view can be sent or kept.
function remember() {
  const chosen = new URLSearchParams();
  for (const control of controls) {
    if (control.value) chosen.set(control.id, control.value);
  }
  if (at("tokens").checked) chosen.set("tokens", "1");
  history.replaceState(null, "", `#${chosen}`);
}

function recall() {
  const chosen = new URLSearchParams(location.hash.slice(1));
  for (const control of controls) {
    control.value = chosen.get(control.id) || "";
  }
  at("tokens").checked = chosen.has("tokens");
  choose();
}

function choose() {
  remember();
  const [task, language, finding, search] = controls.map((c) => c.value);
  const wanted = search.trim().toLowerCase();
  shown = data.examples.filter((example) =>
    (!task || example.task === task) &&
    (!language || example.language === language) &&
    (!finding || example.findings.includes(finding)) &&
    (!wanted || textOf(example).includes(wanted)));
  turn(0);
}

function turn(to) {
  const last = Math.max(Math.ceil(shown.length / PAGE) - 1, 0);
  page = Math.min(Math.max(to, 0), last);
  const begin = page * PAGE;
  const rows = shown.slice(begin, begin + PAGE);
  at("sheet").replaceChildren(...rows.map(card));
  at("where").textContent = shown.length
    ? `${begin + 1}–${begin + rows.length} of ${shown.length}`
    : "none";
  at("none").hidden = shown.length > 0;
  at("before").disabled = page === 0;
  at("after").disabled = page === last;
}

// A prompt's sentinels stand out.
function sentence(className, text) {
  const line = make("p", className);
  line.dir = "auto";
  text.split(/(<extra_id_\d+>)/).forEach((part, index) => {
    line.append(index % 2 ? make("span", "sentinel", part) : part);
  });
  return line;
}

function tokens(places) {
  const line = make("div", "tokens");
  for (const place of places) {
    const [id, piece] = data.pieces[place];
    const chip = make("span", piece === "<unk>" ? "unknown" : "", piece);
    chip.title = `id ${id}`;
    line.append(chip);
  }
  return line;
}

function picture(example) {
  const frame = make("div", "seen");
  const image = make("img");
  image.src = data.images[example.image];
  image.alt = example.id;
  image.onload = () => {
    image.classList.toggle("small", image.naturalWidth <= 128);
  };
  frame.append(image);
  for (const [ymin, xmin, ymax, xmax, label] of example.boxes) {
    const box = make("div", "box");
    box.style.top = `${100 * ymin}%`;
    box.style.left = `${100 * xmin}%`;
    box.style.height = `${100 * (ymax - ymin)}%`;
    box.style.width = `${100 * (xmax - xmin)}%`;
    // Labels stay inside the picture, and off small objects where they can.
    const places = [ymin > 0.08 ? "above" : "", xmin > 0.6 ? "leftwards" : ""];
    box.append(make("b", places.join(" "), label));
    frame.append(box);
  }
  return frame;
}

function part(body, name, className, text, places, isCut) {
  const length = `${name}, ${places.length} tokens${isCut ? ", cut" : ""}`;
  body.append(make("h4", "", length), sentence(className, text || "(empty)"));
  if (at("tokens").checked) body.append(tokens(places));
}

function card(example) {
  const article = make("article", "example");
  if (example.image !== null) article.append(picture(example));
  const body = make("div", "body");
  const head = make("header");
  head.append(make("span", "tag task", data.titles[example.task]));
  for (const tag of [example.language, example.form]) {
    if (tag) head.append(make("span", "tag", tag));
  }
  for (const kind of example.findings) {
    const flag = make("span", "tag flag", kind);
    flag.title = data.findings[kind];
    head.append(flag);
  }
  body.append(head);
  part(body, "prompt", "", example.prompt, example.inputs,
    example.isPromptCut);
  part(body, "target", "target", example.target, example.targets,
    example.isTargetCut);
  if (example.id) body.append(make("div", "id", example.id));
  article.append(body);
  return article;
}

const examples = data.examples;
offer(at("task"), counted(examples.map((e) => e.task)),
  (name) => data.titles[name]);
offer(at("language"),
  [...counted(examples.map((e) => e.language))].sort((a, b) => b[1] - a[1]),
  (name) => name);
offer(at("finding"), counted(examples.flatMap((e) => e.findings)),
  (name) => name);
for (const control of controls) control.addEventListener("input", choose);
at("tokens").addEventListener("input", () => {
  remember();
  turn(page);
});
at("before").addEventListener("click", () => turn(page - 1));
at("after").addEventListener("click", () => turn(page + 1));
document.addEventListener("keydown", (event) => {
  if (event.target.matches("input, select")) return;
  if (event.key === "ArrowLeft") turn(page - 1);
  if (event.key === "ArrowRight") turn(page + 1);
});
for (const button of document.querySelectorAll("button.show")) {
  button.addEventListener("click", () => {
    at("task").value = button.dataset.task;
    at("language").value = "";
    at("finding").value = button.dataset.finding;
    at("search").value = "";
    choose();
    at("examples").scrollIntoView();
  });
}
recall();
