// What happens in the chat is the chat's. Pages keep the focus in a dialog of theirs, guard against copying or have
// hotkeys, by listening to everything: they are kept from hearing of keystrokes where one writes, and of the focus, and from
// preventing or stopping anything else. That letters came (`input`) they can hear, as of any page.
//
// Their listeners may be called before ours, as they capture at the document. So ours captures at the window.

/** The page does not hear of these: traps answer to them by moving the focus. */
const FOCUS = ["focus", "focusin", "blur", "focusout"];
/** Nor of these where one writes; of Tab and Esc nowhere but at the launcher. */
const KEYS = ["keydown", "keypress", "keyup"];
/** These the page may capture, but neither prevent nor stop. */
const GUARDED = "mousedown touchstart touchmove contextmenu selectstart copy cut paste dragstart dragover drop beforeinput input wheel".split(" ");
/** Nor these; they go on to it, as there is much that ends with a click elsewhere. */
const HEARD = ["pointerdown", "click"];

/** Keeps to itself what happens in this shadow tree, until the function it gives back is called. */
export function isolate(root, launcher) {
  const over = new AbortController();
  const options = { signal: over.signal, passive: true };
  const capture = { ...options, capture: true };
  const inside = (event) => {
    const path = event.composedPath();
    return path.includes(root) && path[0];
  };
  for (const type of FOCUS) {
    window.addEventListener(
      type,
      (event) => {
        const target = inside(event);
        if (!target) return;
        event.stopImmediatePropagation();
        const { bubbles, relatedTarget } = event;
        target.dispatchEvent(new FocusEvent(type, { bubbles, relatedTarget }));
      },
      capture,
    );
  }
  for (const type of KEYS) {
    window.addEventListener(
      type,
      (event) => {
        const target = inside(event);
        if (!target || !(target.matches("input, textarea, select") || (/^(Tab|Esc)/.test(event.key) && !launcher.contains(target)))) return;
        event.stopImmediatePropagation();
        // A copied keypress is acted on by WebKit, as the keystroke itself is: a form would be handed in twice.
        if (type !== "keypress" && !target.dispatchEvent(copyOf(event))) event.preventDefault();
      },
      { ...capture, passive: false },
    );
  }
  for (const type of [...GUARDED, ...HEARD]) {
    window.addEventListener(type, (event) => inside(event) && disarm(event), capture);
    root.addEventListener(type, arm, capture);
    // What a handler like `onpaste` gives back prevents it, too.
    root.addEventListener(type, (event) => (HEARD.includes(type) ? disarm(event) : event.stopPropagation()), options);
  }
  return () => over.abort();
}

/** The same keystroke, which does not leave the shadow tree. */
function copyOf({ type, key, code, location, repeat, isComposing, ctrlKey, shiftKey, altKey, metaKey, keyCode, charCode }) {
  const same = { key, code, location, repeat, isComposing, ctrlKey, shiftKey, altKey, metaKey, keyCode, charCode };
  return new KeyboardEvent(type, { ...same, bubbles: true, cancelable: true });
}

const METHODS = ["preventDefault", "stopPropagation", "stopImmediatePropagation"];

/** Whoever has it can't prevent or stop it, until it is armed again. */
function disarm(event) {
  for (const name of METHODS) Object.defineProperty(event, name, { __proto__: null, value() {}, configurable: true });
  Object.defineProperty(event, "returnValue", { __proto__: null, value: true, writable: true, configurable: true });
}

function arm(event) {
  for (const name of [...METHODS, "returnValue"]) delete event[name];
}
