// Keeps the launcher clear of things of the page's: cookie banners, buying bars, other bubbles.

import { page } from "./page.js";

const GAP = 12;

/** Lifts the chat over whatever matches these selectors and would lie beneath the launcher, until the function it gives
 *  back is called. */
export function avoid(chat, launcher, selectors) {
  let lift = 0;
  let due;
  const look = () => {
    due = undefined;
    // Where it would be without us.
    const at = launcher.getBoundingClientRect();
    const [top, bottom] = [at.top + lift, at.bottom + lift];
    const inTheWay = things(selectors).map((thing) => thing.getBoundingClientRect());
    // From the bottom up: above one thing there can be another.
    let wanted = 0;
    for (const it of inTheWay.sort((one, other) => other.bottom - one.bottom)) {
      const isBeside = it.right <= at.left || it.left >= at.right || it.width === 0 || it.height === 0;
      const isClear = it.bottom <= top - wanted || it.top >= bottom - wanted + GAP;
      if (!isBeside && !isClear) wanted = Math.max(wanted, bottom - it.top + GAP);
    }
    // Never out of the window.
    wanted = Math.max(0, Math.min(wanted, top - GAP));
    if (Math.abs(wanted - lift) < 1) return;
    lift = wanted;
    // On a zoomed page, a length is the zoomed one.
    chat.style.setProperty("--lift", `${lift / (chat.currentCSSZoom ?? 1)}px`);
  };
  const soon = () => {
    due ??= requestAnimationFrame(look);
  };
  const over = new AbortController();
  const [changes, sizes] = [new MutationObserver(soon), new ResizeObserver(soon)];
  changes.observe(document, { childList: true, subtree: true, attributes: true, attributeFilter: ["class", "style", "hidden"] });
  sizes.observe(page.documentElement);
  for (const change of ["resize", "scroll", "transitionend", "animationend"]) {
    window.addEventListener(change, soon, { signal: over.signal, capture: true, passive: true });
  }
  soon();
  return () => {
    cancelAnimationFrame(due);
    over.abort();
    changes.disconnect();
    sizes.disconnect();
    chat.style.removeProperty("--lift");
  };
}

function things(selectors) {
  try {
    return [...page.querySelectorAll(selectors)];
  } catch {
    console.warn("natter: the setting avoid can't be read: it is to be CSS selectors.");
    return [];
  }
}
