// Isolates events in the chat from the page's listeners. Pages trap the focus in dialogs, prevent copying, and have hotkeys,
// with listeners at the document. They receive no focus events from the chat and no keystrokes from its fields, and can
// neither prevent nor stop any other event there. `input` events they do receive.
//
// The page's listeners may capture at the document, before any listener in the shadow tree. So these capture at the window.

/** The page does not receive these: focus traps react to them by moving the focus. */
const FOCUS = ["focus", "focusin", "blur", "focusout"];
/** Nor these in fields; Tab and Escape only from the launcher. */
const KEYS = ["keydown", "keypress", "keyup"];
/** The page may capture these, but neither prevent nor stop them; they do not bubble to it. */
const GUARDED = "mousedown touchstart touchmove contextmenu selectstart copy cut paste dragstart dragover drop beforeinput input wheel".split(" ");
/** The same, but they bubble to the page: menus of the page close by a click elsewhere. */
const BUBBLING = ["pointerdown", "click"];

/** Isolates this shadow tree from the page, until the returned function is called. */
export function isolate(root, launcher) {
  const ended = new AbortController();
  const options = { signal: ended.signal, passive: true };
  const capture = { ...options, capture: true };
  /** The event's target in the shadow tree, or false for an event outside it. */
  const targetInside = (event) => {
    const path = event.composedPath();
    return path.includes(root) && path[0];
  };
  for (const type of FOCUS) {
    window.addEventListener(
      type,
      (event) => {
        const target = targetInside(event);
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
        const target = targetInside(event);
        if (!target || !(target.matches("input, textarea, select") || (/^(Tab|Esc)/.test(event.key) && !launcher.contains(target)))) return;
        event.stopImmediatePropagation();
        // WebKit executes the default action of a synthetic keypress, too: a form would be submitted twice.
        if (type !== "keypress" && !target.dispatchEvent(copyOf(event))) event.preventDefault();
      },
      { ...capture, passive: false },
    );
  }
  for (const type of [...GUARDED, ...BUBBLING]) {
    window.addEventListener(type, (event) => targetInside(event) && disarm(event), capture);
    root.addEventListener(type, arm, capture);
    // An `onpaste` handler that returns false prevents the event, too, so `stopPropagation` must be called.
    root.addEventListener(type, (event) => (BUBBLING.includes(type) ? disarm(event) : event.stopPropagation()), options);
  }
  return () => ended.abort();
}

/** A copy of a keyboard event that does not leave the shadow tree (it is not `composed`). */
function copyOf({ type, key, code, location, repeat, isComposing, ctrlKey, shiftKey, altKey, metaKey, keyCode, charCode }) {
  const properties = { key, code, location, repeat, isComposing, ctrlKey, shiftKey, altKey, metaKey, keyCode, charCode };
  return new KeyboardEvent(type, { ...properties, bubbles: true, cancelable: true });
}

const METHODS = ["preventDefault", "stopPropagation", "stopImmediatePropagation"];

/** Makes the methods and `returnValue` of an event have no effect, until `arm`. */
function disarm(event) {
  for (const name of METHODS) Object.defineProperty(event, name, { __proto__: null, value() {}, configurable: true });
  Object.defineProperty(event, "returnValue", { __proto__: null, value: true, writable: true, configurable: true });
}

function arm(event) {
  for (const name of [...METHODS, "returnValue"]) delete event[name];
}
