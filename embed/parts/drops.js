// Files that are dropped anywhere on the panel, and texts that are dropped elsewhere than on a field.

/**
 * Attaches dropped files to the message, and inserts dropped texts into it, until the signal. While files are dragged over
 * the panel it has the class `dropping`, for an overlay. What can't be taken is prevented: the browser would open a
 * dropped file in place of the page.
 *
 * @param {HTMLElement} panel
 * @param {(field: HTMLTextAreaElement, text: string) => void} insert inserts a text at the caret
 * @param {AbortSignal} signal
 */
export function takeDrops(panel, insert, signal) {
  let hovered;
  const onDrag = (event) => {
    const { type, target, dataTransfer: data } = event;
    const hasFiles = data.types.includes("Files");
    // The browser inserts the text where the pointer is. In Firefox the target may be a text node.
    if (!hasFiles && target.matches?.("input, textarea")) return;
    event.preventDefault();
    const composer = panel.querySelector(".composer:not([hidden])");
    data.dropEffect = composer ? "copy" : "none";
    // An element is left after the next one is entered.
    if (/enter|over/.test(type)) hovered = target;
    else if (type !== "dragleave" || hovered === target) hovered = undefined;
    panel.classList.toggle("dropping", Boolean(composer && hasFiles && hovered));
    if (!composer || type !== "drop") return;
    if (hasFiles) {
      const picker = composer.querySelector("[type=file]");
      picker.files = data.files;
      picker.dispatchEvent(new Event("change"));
    } else {
      insert(composer.querySelector("textarea"), data.getData("text/plain"));
    }
  };
  for (const type of ["dragenter", "dragover", "dragleave", "drop", "dragend"]) panel.addEventListener(type, onDrag, { signal });
}
