// Moves the launcher up where elements of the page would cover it: cookie banners, purchase bars, other chat bubbles. The
// setting `avoid` names them by CSS selectors.

import { page } from "./page.js";

/** Between the launcher and an element below it. */
const GAP_PX = 12;

/**
 * Moves the chat above all visible elements that match the selectors and overlap the launcher, until the returned function
 * is called. It sets the custom property `--lift` of the chat.
 *
 * @param {HTMLElement} chat
 * @param {HTMLElement} launcher
 * @param {string} selectors
 */
export function avoidCollisions(chat, launcher, selectors) {
  let lift = 0;
  let frame;
  const update = () => {
    frame = undefined;
    const launcherBox = launcher.getBoundingClientRect();
    const { left, right } = launcherBox;
    // Where the launcher would be without the lift.
    const [top, bottom] = [launcherBox.top + lift, launcherBox.bottom + lift];
    const boxes = elements(selectors).map((element) => element.getBoundingClientRect());
    // From the bottom up: moved above one element, the launcher may overlap the next.
    let wanted = 0;
    for (const box of boxes.sort((a, b) => b.bottom - a.bottom)) {
      const isBeside = box.right <= left || box.left >= right || box.width === 0 || box.height === 0;
      const isClear = box.bottom <= top - wanted || box.top >= bottom - wanted + GAP_PX;
      if (!isBeside && !isClear) wanted = Math.max(wanted, bottom - box.top + GAP_PX);
    }
    // It stays in the window.
    wanted = Math.max(0, Math.min(wanted, top - GAP_PX));
    if (Math.abs(wanted - lift) < 1) return;
    lift = wanted;
    // The CSS `zoom` of the page multiplies lengths.
    chat.style.setProperty("--lift", `${lift / (chat.currentCSSZoom ?? 1)}px`);
  };
  const schedule = () => {
    frame ??= requestAnimationFrame(update);
  };
  const ended = new AbortController();
  const [mutations, sizes] = [new MutationObserver(schedule), new ResizeObserver(schedule)];
  mutations.observe(document, { childList: true, subtree: true, attributes: true, attributeFilter: ["class", "style", "hidden"] });
  sizes.observe(page.documentElement);
  for (const type of ["resize", "scroll", "transitionend", "animationend"]) {
    window.addEventListener(type, schedule, { signal: ended.signal, capture: true, passive: true });
  }
  schedule();
  return () => {
    cancelAnimationFrame(frame);
    ended.abort();
    mutations.disconnect();
    sizes.disconnect();
    chat.style.removeProperty("--lift");
  };
}

function elements(selectors) {
  try {
    return [...page.querySelectorAll(selectors)];
  } catch {
    console.warn("natter: the setting avoid can't be read: it must be CSS selectors.");
    return [];
  }
}
