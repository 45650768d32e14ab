// Voice messages: while recording, a bar replaces the composer's field; the recording is then added to the picked files.

import { page } from "./page.js";
import { record } from "./recorder.js";

const SVG = "http://www.w3.org/2000/svg";
const CROSS = "M6 6l12 12M18 6L6 18";
const TICK = "M5 12.5l4.5 4.5L19 7.5";

/** Bars in the waveform: more than the widest panel shows, of which the oldest are cut off. */
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
 * Records a voice message, and puts it into the file input of the button's form. An error is shown in the form.
 *
 * @param {HTMLButtonElement} button
 * @param {{ words: (module: string) => Promise<Record<string, string>> }} panel `words` loads the texts `asking`,
 *   `recording`, `stop`, `cancel`, `denied`, `none`, `busy` and `unsupported`
 * @returns {Promise<void>}
 */
export async function assist(button, { words }) {
  const labels = await words("voice");
  // The panel may have been closed meanwhile.
  if (!button.checkVisibility()) return;
  const { form } = button;
  const root = form.getRootNode();
  const cancelled = new AbortController();
  const bar = new Bar(labels, () => cancelled.abort());
  root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
  form.append(bar.element);
  bar.cancel.focus();
  let file, error;
  try {
    const onlevel = (level, seconds) => {
      // A panel that was closed or removed from the page must stop recording.
      if (bar.element.getClientRects().length) bar.show(level, seconds);
      else cancelled.abort();
    };
    const recording = await record({ onlevel, signal: cancelled.signal });
    bar.live(recording.stop);
    file = await recording.done;
    error = file || cancelled.signal.aborted ? undefined : labels.busy;
  } catch ({ message }) {
    error = message === "cancelled" ? undefined : (labels[message] ?? labels.unsupported);
  }
  const hadFocus = bar.element.contains(root.activeElement);
  bar.element.remove();
  root.adoptedStyleSheets = root.adoptedStyleSheets.filter((adopted) => adopted !== sheet);
  if (file) pick(form, file);
  if (error) showError(form, error);
  // On a touch screen the focus would open the on-screen keyboard.
  if (hadFocus && !matchMedia("(pointer: coarse)").matches) form.querySelector("textarea").focus({ preventScroll: true });
}

/** Sets the file as the input's value, like a file that the visitor has picked. */
function pick(form, file) {
  const picker = form.querySelector("[type=file]");
  const files = new DataTransfer();
  files.items.add(file);
  picker.files = files.files;
  picker.dispatchEvent(new Event("change"));
}

/** Shows an error until the next input, click or submit in the form. */
function showError(form, text) {
  const problem = element("p", "problem");
  problem.setAttribute("role", "alert");
  problem.textContent = text;
  form.prepend(problem);
  const dismissed = new AbortController();
  for (const kind of ["input", "click", "submit"]) {
    const dismiss = () => {
      dismissed.abort();
      problem.remove();
    };
    form.addEventListener(kind, dismiss, { signal: dismissed.signal });
  }
}

/** The bar with waveform, time and buttons. */
class Bar {
  element = element("div", "recording");
  cancel;
  #labels;
  #stop;
  #levels = Array.from({ length: WAVE }, () => element("i"));
  #wave = element("div", "wave");
  #time = element("time");
  #status = element("p", "spoken");

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
    this.#status.setAttribute("role", "status");
    this.element.setAttribute("role", "group");
    this.element.setAttribute("aria-label", labels.recording);
    this.element.append(this.cancel, element("span", "light"), asking, this.#wave, this.#time, this.#status, this.#stop);
    this.element.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      // Escape closes the panel, too.
      event.stopPropagation();
      cancel();
    });
  }

  /** The recording has started. */
  live(stop) {
    this.element.classList.add("live");
    this.#status.textContent = this.#labels.recording;
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
