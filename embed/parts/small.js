// The open panel on a small screen, which it fills: it leaves room for a keyboard on the screen, and the focus stays in it.

const CAN_FOCUS = "a[href], button, input, select, textarea, summary, [tabindex='0']";

/** Watches over an open panel, which fills screens that this query matches, until the function it gives back is called. */
export function fill(panel, small) {
  const [screen, seen, over] = [matchMedia(small), window.visualViewport, new AbortController()];
  const { signal } = over;
  const fit = () => {
    const isModal = screen.matches;
    // On a zoomed page, a length is the zoomed one.
    const length = (px) => (isModal && seen ? `${px / (panel.currentCSSZoom ?? 1)}px` : "");
    panel.setAttribute("aria-modal", String(isModal));
    panel.style.setProperty("--seen", length(seen?.height));
    panel.style.setProperty("--seen-from", length(seen?.offsetTop));
  };
  const keep = (event) => {
    if (event.key !== "Tab" || !screen.matches) return;
    const all = [...panel.querySelectorAll(CAN_FOCUS)].filter((it) => it.checkVisibility() && !it.disabled);
    const [first, last] = [all[0], all.at(-1)];
    const at = panel.getRootNode().activeElement;
    const next = event.shiftKey ? (at === first || at === panel) && last : at === last && first;
    if (next) {
      event.preventDefault();
      next.focus();
    }
  };
  fit();
  screen.addEventListener("change", fit, { signal });
  for (const change of ["resize", "scroll"]) seen?.addEventListener(change, fit, { signal });
  panel.addEventListener("keydown", keep, { signal });
  return () => {
    over.abort();
    panel.removeAttribute("aria-modal");
    panel.removeAttribute("style");
  };
}
