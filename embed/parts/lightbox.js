// The lightbox: pictures over the whole page, one at a time.
//
// It is a modal dialog in the given shadow root: the browser keeps the focus in it and makes the page inert. It removes all
// its elements and styles when it closes, and no key pressed in it reaches the page.

import { page } from "./page.js";

const SVG = "http://www.w3.org/2000/svg";
const CLOSE = "M6 6l12 12M18 6L6 18";
const BACK = "M15 5l-7 7 7 7";
const FORTH = "M9 5l7 7-7 7";
const ELSEWHERE = "M13 5h6v6M19 5l-9 9M17 14v5H5V7h5";
const BROKEN = "M4 5h16v14H4zM4 16l5-5 3 3M14 13l2-2 4 4M3 3l18 18";

/** A touch that moves less than this is no swipe. */
const SWIPE_PX = 48;

const sheet = new CSSStyleSheet();
sheet.replaceSync(`
.lightbox {
  color-scheme: dark;
  position: fixed;
  inset: 0;
  inline-size: 100%;
  block-size: 100%;
  max-inline-size: none;
  max-block-size: none;
  margin: 0;
  border: 0;
  padding: env(safe-area-inset-top, 0px) env(safe-area-inset-right, 0px) env(safe-area-inset-bottom, 0px)
    env(safe-area-inset-left, 0px);
  overflow: hidden;
  background: var(--n1);
  color: var(--ink);
  font: var(--secondary);
  overscroll-behavior: contain;
}
.lightbox[open] {
  display: grid;
  grid: "bar bar bar" auto "back stage forth" minmax(0, 1fr) "foot foot foot" 16px / 68px minmax(0, 1fr) 68px;
}
.lightbox::backdrop {
  background: none;
}
@keyframes lightbox {
  from {
    opacity: 0;
  }
}
.lightbox .bar {
  grid-area: bar;
  display: flex;
  align-items: center;
  gap: 8px;
  padding-block: 12px;
  padding-inline: 20px 12px;
}
.lightbox p {
  flex: 1;
  min-inline-size: 0;
  margin: 0;
}
.lightbox p > span {
  display: block;
  overflow: hidden;
  text-overflow: ellipsis;
  white-space: nowrap;
}
.lightbox .name {
  margin: 0;
  color: var(--ink);
  font: 600 15px/22px var(--font);
}
.lightbox .count {
  color: var(--ink-quiet);
  font-variant-numeric: tabular-nums;
}
.lightbox :is(button, a) {
  flex: none;
  inline-size: 44px;
  block-size: 44px;
  display: grid;
  place-items: center;
  padding: 0;
  border: 0;
  border-radius: 50%;
  background: none;
  color: var(--ink);
  cursor: pointer;
}
.lightbox :is(button, a):hover {
  background: var(--n4);
}
.lightbox :is(button, a):focus-visible {
  outline: 2px solid var(--ink);
  outline-offset: -2px;
}
.lightbox [hidden] {
  display: none;
}
.lightbox svg {
  inline-size: 24px;
  block-size: 24px;
  fill: none;
  stroke: currentColor;
  stroke-width: 1.8;
  stroke-linecap: round;
  stroke-linejoin: round;
}
.lightbox .back,
.lightbox .forth {
  place-self: center;
  background: var(--n3);
}
.lightbox .back {
  grid-area: back;
}
.lightbox .forth {
  grid-area: forth;
}
.lightbox:dir(rtl) :is(.back, .forth) svg {
  transform: scaleX(-1);
}
.lightbox .stage {
  grid-area: stage;
  display: grid;
  grid: minmax(0, 1fr) / minmax(0, 1fr);
  place-items: center;
  touch-action: pan-y pinch-zoom;
}
.lightbox img {
  max-inline-size: 100%;
  max-block-size: 100%;
  object-fit: contain;
  border-radius: var(--radius-joint);
  background: var(--n3);
}
.lightbox [aria-busy="true"] img {
  opacity: 0;
}
.lightbox [aria-busy="true"]::after {
  content: "";
  grid-area: 1 / 1;
  inline-size: 12px;
  block-size: 12px;
  border-radius: 50%;
  background: var(--n9);
}
.lightbox .broken {
  display: grid;
  justify-items: center;
  gap: 12px;
  max-inline-size: 34ch;
  padding: 24px;
  color: var(--ink-quiet);
  text-align: center;
  overflow-wrap: anywhere;
}
.lightbox .broken svg {
  inline-size: 48px;
  block-size: 48px;
  stroke-width: 1.2;
}
@media (prefers-reduced-motion: no-preference) {
  .lightbox {
    animation: lightbox var(--arrive) var(--ease);
  }
  .lightbox [aria-busy="true"]::after {
    animation: lightbox 900ms 300ms ease-in-out infinite alternate backwards;
  }
}
@media (max-width: 599px) {
  .lightbox[open] {
    grid: "bar bar" auto "stage stage" minmax(0, 1fr) "back forth" auto / 1fr 1fr;
  }
  .lightbox .back,
  .lightbox .forth {
    margin: 12px;
  }
  .lightbox .back {
    justify-self: end;
  }
  .lightbox .forth {
    justify-self: start;
  }
}
@media (forced-colors: active) {
  .lightbox :is(button, a) {
    border: 1px solid;
  }
}
`);

/**
 * Shows pictures over the page. Resolves when the visitor has closed the lightbox and the focus is back where it was.
 *
 * @param {ShadowRoot} root the shadow root that gets the dialog
 * @param {object} options
 * @param {{ src: string, alt?: string, name?: string }[]} options.pictures
 * @param {number} [options.at] the index of the first picture
 * @param {{ close: string, previous: string, next: string, open: string, picture: string, broken?: string }}
 *   options.labels `picture` may contain the placeholders `{number}` and `{count}`
 * @param {number[]} [options.retries] the delays after which a picture that failed to load is requested again, in milliseconds
 * @param {"ltr" | "rtl"} [options.direction] without it, that of the host element
 * @param {AbortSignal} [options.signal] closes the lightbox
 * @returns {Promise<void>}
 */
export function open(root, { pictures, at = 0, labels, retries = [], direction, signal }) {
  if (!pictures.length || signal?.aborted) return Promise.resolve();
  const opener = root.activeElement;
  const dialog = element("dialog", "lightbox");
  dialog.dir = direction || getComputedStyle(root.host).direction;

  const name = element("bdi");
  const title = element("span", "name");
  title.append(name);
  const count = element("span", "count");
  const caption = element("p");
  caption.setAttribute("role", "status");
  caption.append(title, count);
  const original = tool("a", "original", labels.open, ELSEWHERE);
  original.target = "_blank";
  original.rel = "noopener noreferrer";
  const close = tool("button", "close", labels.close, CLOSE);
  const bar = element("div", "bar");
  bar.append(caption, original, close);
  const back = tool("button", "back", labels.previous, BACK);
  const forth = tool("button", "forth", labels.next, FORTH);
  back.hidden = forth.hidden = pictures.length < 2;
  const stage = element("div", "stage");
  dialog.append(bar, back, stage, forth);

  // After the last picture comes the first.
  const show = (index) => {
    at = ((index % pictures.length) + pictures.length) % pictures.length;
    const { src, alt = "", name: fileName = "" } = pictures[at];
    const place = labels.picture.replace("{number}", String(at + 1)).replace("{count}", String(pictures.length));
    name.textContent = fileName || alt;
    count.textContent = pictures.length > 1 ? place : "";
    dialog.setAttribute("aria-label", place);
    original.hidden = !isHttp(src);
    original.href = original.hidden ? "" : src;
    stage.setAttribute("aria-busy", "true");
    const onSettled = () => stage.removeAttribute("aria-busy");
    stage.replaceChildren(picture(src, alt || fileName || place, labels.broken, retries, onSettled));
  };

  const forwards = () => (dialog.dir === "rtl" ? -1 : 1);
  const steps = {
    ArrowLeft: () => show(at - forwards()),
    ArrowRight: () => show(at + forwards()),
    Home: () => show(0),
    End: () => show(pictures.length - 1),
    Escape: () => dialog.close(),
  };
  dialog.addEventListener("keydown", (event) => {
    // The page has hotkeys, and Escape closes the panel.
    event.stopPropagation();
    const step = event.ctrlKey || event.metaKey || event.altKey ? undefined : steps[event.key];
    if (!step) return;
    event.preventDefault();
    step();
  });
  back.addEventListener("click", () => show(at - 1));
  forth.addEventListener("click", () => show(at + 1));
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", ({ target }) => {
    if ([dialog, bar, stage].includes(target)) dialog.close();
  });
  let touched;
  stage.addEventListener("pointerdown", (event) => {
    touched = event.pointerType !== "mouse" && event.isPrimary ? event : undefined;
  });
  stage.addEventListener("pointerup", (event) => {
    const [x, y] = touched ? [event.clientX - touched.clientX, event.clientY - touched.clientY] : [0, 0];
    if (pictures.length > 1 && Math.abs(x) > Math.max(SWIPE_PX, 2 * Math.abs(y))) show(at - Math.sign(x) * forwards());
  });

  return new Promise((resolve) => {
    const onAbort = () => dialog.close();
    signal?.addEventListener("abort", onAbort);
    dialog.addEventListener("close", () => {
      signal?.removeEventListener("abort", onAbort);
      dialog.remove();
      root.adoptedStyleSheets = root.adoptedStyleSheets.filter((adopted) => adopted !== sheet);
      if (opener?.isConnected) opener.focus({ preventScroll: true });
      resolve();
    });
    root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
    root.append(dialog);
    show(at);
    dialog.showModal();
    close.focus();
  });
}

/** The picture, or an icon with a text in its place when it can't be loaded. Calls `onSettled` in both cases. */
function picture(src, alt, broken, retries, onSettled) {
  const img = element("img");
  img.referrerPolicy = "no-referrer";
  img.alt = alt;
  img.draggable = false;
  // A picture that was replaced by another while it loaded is ignored.
  img.addEventListener("load", () => img.isConnected && onSettled());
  let failures = 0;
  img.addEventListener("error", () => {
    if (!img.isConnected) return;
    const wait = retries[failures++];
    if (wait !== undefined) {
      // Setting `src` to the same URL makes another request.
      setTimeout(() => img.isConnected && (img.src = src), wait);
      return;
    }
    const placeholder = element("div", "broken");
    placeholder.setAttribute("role", "img");
    placeholder.setAttribute("aria-label", broken ? `${alt}: ${broken}` : alt);
    const text = element("span");
    text.textContent = broken ?? alt;
    placeholder.append(icon(BROKEN), text);
    img.replaceWith(placeholder);
    onSettled();
  });
  img.src = src;
  return img;
}

/** Whether a URL may be opened in a tab of its own. A blob may not: its scripts would run in the page's origin. */
function isHttp(src) {
  return /^https?:\/\//i.test(src);
}

function tool(kind, className, label, d) {
  const made = element(kind, className);
  if (kind === "button") made.type = "button";
  made.setAttribute("aria-label", label);
  made.title = label;
  made.append(icon(d));
  return made;
}

function element(kind, className = "") {
  const made = page.createElement(kind);
  made.className = className;
  return made;
}

function icon(d) {
  const svg = page.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = page.createElementNS(SVG, "path");
  path.setAttribute("d", d);
  svg.append(path);
  return svg;
}
