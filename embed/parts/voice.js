// A voice note, recorded where one writes: a bar takes the place of the field for as long as it takes, and what was
// recorded becomes a file that is picked like any other.

import { page } from "./page.js";
import { record } from "./recorder.js";

const SVG = "http://www.w3.org/2000/svg";
const CROSS = "M6 6l12 12M18 6L6 18";
const TICK = "M5 12.5l4.5 4.5L19 7.5";

/** More than the widest bar shows: what is older leaves at its beginning. */
const WAVE = 64;

const sheet = new CSSStyleSheet();
sheet.replaceSync(`
.composer:has(> .recording) > .field {
  display: none;
}
.recording {
  display: flex;
  align-items: center;
  gap: 8px;
  padding: 4px;
  border: 1px solid var(--n6);
  border-radius: var(--radius-field);
  background: var(--surface);
  color: var(--ink);
  font: var(--secondary);
}
.recording .tool:focus-visible,
.recording .send:focus-visible {
  outline-offset: -2px;
}
.recording .send:focus-visible {
  outline-color: var(--on-brand);
  outline-offset: -4px;
}
.recording .light {
  flex: none;
  inline-size: 8px;
  block-size: 8px;
  border-radius: 50%;
  background: var(--n7);
}
.recording .asking {
  flex: 1;
  min-inline-size: 0;
  margin: 0;
  color: var(--ink-quiet);
}
.recording .wave {
  flex: 1;
  min-inline-size: 0;
  display: flex;
  align-items: center;
  justify-content: flex-end;
  gap: 2px;
  block-size: 28px;
  overflow: hidden;
}
.recording .wave i {
  flex: none;
  inline-size: 3px;
  block-size: max(3px, 100% * var(--level, 0));
  border-radius: 2px;
  background: var(--n8);
}
.recording time {
  flex: none;
  min-inline-size: 4ch;
  font-variant-numeric: tabular-nums;
  text-align: end;
}
.recording.live .light {
  background: var(--alarm);
}
.recording.live .asking,
.recording:not(.live) :is(.wave, time) {
  display: none;
}
@media (forced-colors: active) {
  .recording .wave i {
    background: CanvasText;
  }
}
`);

/**
 * Records a voice note in a button's form, and hands it to the form's picker of files. What goes wrong is said in the
 * form.
 *
 * @param {HTMLButtonElement} button
 * @param {{ asking: string, recording: string, stop: string, cancel: string, denied: string, none: string,
 *   busy: string, unsupported: string }} labels
 * @returns {Promise<void>}
 */
export async function assist(button, { words }) {
  const labels = await words("voice");
  const { form } = button;
  const root = form.getRootNode();
  const over = new AbortController();
  const bar = new Bar(labels, () => over.abort());
  root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
  form.append(bar.element);
  bar.cancel.focus();
  let file, trouble;
  try {
    const onlevel = (level, seconds) => {
      // A panel that was closed, or taken out of the page, must not go on listening.
      if (bar.element.getClientRects().length) bar.show(level, seconds);
      else over.abort();
    };
    const recording = await record({ onlevel, signal: over.signal });
    bar.live(recording.stop);
    file = await recording.done;
    trouble = file || over.signal.aborted ? undefined : labels.busy;
  } catch ({ message }) {
    trouble = message === "cancelled" ? undefined : (labels[message] ?? labels.unsupported);
  }
  const hadFocus = bar.element.contains(root.activeElement);
  bar.element.remove();
  root.adoptedStyleSheets = root.adoptedStyleSheets.filter((adopted) => adopted !== sheet);
  if (file) pick(form, file);
  if (trouble) complain(form, trouble);
  // Under a finger that would bring up a keyboard nobody asked for.
  if (hadFocus && !matchMedia("(pointer: coarse)").matches) form.querySelector("textarea").focus({ preventScroll: true });
}

/** As if the visitor had picked it. */
function pick(form, file) {
  const picker = form.querySelector("[type=file]");
  const files = new DataTransfer();
  files.items.add(file);
  picker.files = files.files;
  picker.dispatchEvent(new Event("change"));
}

/** Says it until something else is done. */
function complain(form, words) {
  const problem = element("p", "problem");
  problem.setAttribute("role", "alert");
  problem.textContent = words;
  form.prepend(problem);
  const heard = new AbortController();
  for (const kind of ["input", "click", "submit"]) {
    const settled = () => {
      heard.abort();
      problem.remove();
    };
    form.addEventListener(kind, settled, { signal: heard.signal });
  }
}

/** What is seen while recording. */
class Bar {
  element = element("div", "recording");
  cancel;
  #labels;
  #stop;
  #levels = Array.from({ length: WAVE }, () => element("i"));
  #wave = element("div", "wave");
  #time = element("time");
  #told = element("p", "spoken");

  constructor(labels, cancel) {
    this.#labels = labels;
    const asking = element("p", "asking");
    asking.textContent = labels.asking;
    this.cancel = tool("tool", labels.cancel, CROSS);
    this.cancel.addEventListener("click", cancel);
    this.#stop = tool("send", labels.stop, TICK);
    this.#stop.disabled = true;
    this.#wave.append(...this.#levels);
    this.#time.setAttribute("role", "timer");
    this.#told.setAttribute("role", "status");
    this.element.setAttribute("role", "group");
    this.element.setAttribute("aria-label", labels.recording);
    this.element.append(this.cancel, element("span", "light"), asking, this.#wave, this.#time, this.#told, this.#stop);
    this.element.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      // The panel closes by it, too.
      event.stopPropagation();
      cancel();
    });
  }

  /** The microphone is there. */
  live(stop) {
    this.element.classList.add("live");
    this.#told.textContent = this.#labels.recording;
    this.#stop.disabled = false;
    this.#stop.addEventListener("click", stop);
    this.show(0, 0);
    if (this.cancel.matches(":focus")) this.#stop.focus();
  }

  show(level, seconds) {
    const oldest = this.#levels.shift();
    oldest.style.setProperty("--level", level.toFixed(2));
    this.#levels.push(oldest);
    this.#wave.append(oldest);
    const [minutes, rest] = [Math.floor(seconds / 60), Math.floor(seconds % 60)];
    const shown = `${minutes}:${String(rest).padStart(2, "0")}`;
    if (this.#time.textContent !== shown) this.#time.textContent = shown;
  }
}

function tool(className, label, d) {
  const made = element("button", className);
  made.type = "button";
  made.title = label;
  made.setAttribute("aria-label", label);
  const svg = page.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", "icon");
  const path = page.createElementNS(SVG, "path");
  path.setAttribute("d", d);
  svg.append(path);
  made.append(svg);
  return made;
}

function element(kind, className = "") {
  const made = page.createElement(kind);
  made.className = className;
  return made;
}
