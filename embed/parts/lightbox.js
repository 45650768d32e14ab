// Pictures over the whole page, one at a time.
//
// The viewer is a modal dialog inside the shadow root it is given: the browser keeps focus in it and the page behind it
// still. It leaves nothing behind, and no key it used reaches the page.

import { page } from "./page.js";

const SVG = "http://www.w3.org/2000/svg";
const CLOSE = "M6 6l12 12M18 6L6 18";
const BACK = "M15 5l-7 7 7 7";
const FORTH = "M9 5l7 7-7 7";
const ELSEWHERE = "M13 5h6v6M19 5l-9 9M17 14v5H5V7h5";
const BROKEN = "M4 5h16v14H4zM4 16l5-5 3 3M14 13l2-2 4 4M3 3l18 18";

/** A finger that moves less than this is resting, or scrolling. */
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
 * Shows pictures over the page; resolves when the visitor has closed them, and focus is back where it was.
 *
 * @param {ShadowRoot} root where the viewer lives meanwhile
 * @param {object} wanted
 * @param {{ src: string, alt?: string, name?: string }[]} wanted.pictures
 * @param {number} [wanted.at] which of them comes first
 * @param {{ close: string, previous: string, next: string, open: string, picture: string, broken?: string }}
 *   wanted.labels `picture` may have a place for `{number}` and one for `{count}`
 * @param {number[]} [wanted.retries] so long after each failure a picture is asked for again, in milliseconds
 * @param {"ltr" | "rtl"} [wanted.direction] the host element's own, if absent
 * @param {AbortSignal} [wanted.signal] closes them, too
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
  const words = element("p");
  words.setAttribute("role", "status");
  words.append(title, count);
  const original = tool("a", "original", labels.open, ELSEWHERE);
  original.target = "_blank";
  original.rel = "noopener noreferrer";
  const close = tool("button", "close", labels.close, CLOSE);
  const bar = element("div", "bar");
  bar.append(words, original, close);
  const back = tool("button", "back", labels.previous, BACK);
  const forth = tool("button", "forth", labels.next, FORTH);
  back.hidden = forth.hidden = pictures.length < 2;
  const stage = element("div", "stage");
  dialog.append(bar, back, stage, forth);

  // Round and round: neither end is a wall.
  const show = (index) => {
    at = ((index % pictures.length) + pictures.length) % pictures.length;
    const { src, alt = "", name: called = "" } = pictures[at];
    const place = labels.picture.replace("{number}", String(at + 1)).replace("{count}", String(pictures.length));
    name.textContent = called || alt;
    count.textContent = pictures.length > 1 ? place : "";
    dialog.setAttribute("aria-label", place);
    original.hidden = !isOnTheWeb(src);
    original.href = original.hidden ? "" : src;
    stage.setAttribute("aria-busy", "true");
    const settled = () => stage.removeAttribute("aria-busy");
    stage.replaceChildren(picture(src, alt || called || place, labels.broken, retries, settled));
  };

  const mirror = () => (dialog.dir === "rtl" ? -1 : 1);
  const steps = {
    ArrowLeft: () => show(at - mirror()),
    ArrowRight: () => show(at + mirror()),
    Home: () => show(0),
    End: () => show(pictures.length - 1),
    Escape: () => dialog.close(),
  };
  dialog.addEventListener("keydown", (event) => {
    // The page behind has hotkeys of its own, and the panel closes by Esc.
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
    if (pictures.length > 1 && Math.abs(x) > Math.max(SWIPE_PX, 2 * Math.abs(y))) show(at - Math.sign(x) * mirror());
  });

  return new Promise((resolve) => {
    const leave = () => dialog.close();
    signal?.addEventListener("abort", leave);
    dialog.addEventListener("close", () => {
      signal?.removeEventListener("abort", leave);
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

/** The picture, or what stands for it when it can't be had. */
function picture(src, alt, broken, retries, settled) {
  const img = element("img");
  img.referrerPolicy = "no-referrer";
  img.alt = alt;
  img.draggable = false;
  // One that was left for another before it came has nothing to say any more.
  img.addEventListener("load", () => img.isConnected && settled());
  let failures = 0;
  img.addEventListener("error", () => {
    if (!img.isConnected) return;
    const wait = retries[failures++];
    if (wait !== undefined) {
      // The same address again is another request.
      setTimeout(() => img.isConnected && (img.src = src), wait);
      return;
    }
    const sorry = element("div", "broken");
    sorry.setAttribute("role", "img");
    sorry.setAttribute("aria-label", broken ? `${alt}: ${broken}` : alt);
    const text = element("span");
    text.textContent = broken ?? alt;
    sorry.append(icon(BROKEN), text);
    img.replaceWith(sorry);
    settled();
  });
  img.src = src;
  return img;
}

/** What may be opened as a page of its own. A blob may not: it would run as the host's. */
function isOnTheWeb(src) {
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
