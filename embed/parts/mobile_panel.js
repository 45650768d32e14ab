// The open panel on a small screen, which it fills: it shrinks to the space above an on-screen keyboard, and Tab keeps the
// focus in it, as in a modal dialog.

const FOCUSABLE = "a[href], button, input, select, textarea, summary, [tabindex='0']";

/**
 * Fits an open panel to the visual viewport and traps the focus, until the returned function is called.
 *
 * @param {HTMLElement} panel
 * @param {string} query the media query of screens that the panel fills
 */
export function fitMobilePanel(panel, query) {
  const [screen, viewport, ended] = [matchMedia(query), window.visualViewport, new AbortController()];
  const { signal } = ended;
  const fit = () => {
    const isModal = screen.matches;
    // The CSS `zoom` of the page multiplies lengths.
    const length = (px) => (isModal && viewport ? `${px / (panel.currentCSSZoom ?? 1)}px` : "");
    panel.setAttribute("aria-modal", String(isModal));
    panel.style.setProperty("--viewport-height", length(viewport?.height));
    panel.style.setProperty("--viewport-top", length(viewport?.offsetTop));
  };
  const trapFocus = (event) => {
    if (event.key !== "Tab" || !screen.matches) return;
    const focusable = [...panel.querySelectorAll(FOCUSABLE)].filter((element) => element.checkVisibility() && !element.disabled);
    const [first, last] = [focusable[0], focusable.at(-1)];
    const active = panel.getRootNode().activeElement;
    const next = event.shiftKey ? (active === first || active === panel) && last : active === last && first;
    if (next) {
      event.preventDefault();
      next.focus();
    }
  };
  fit();
  screen.addEventListener("change", fit, { signal });
  for (const type of ["resize", "scroll"]) viewport?.addEventListener(type, fit, { signal });
  panel.addEventListener("keydown", trapFocus, { signal });
  return () => {
    ended.abort();
    panel.removeAttribute("aria-modal");
    panel.removeAttribute("style");
  };
}
