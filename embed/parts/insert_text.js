// Inserts a text into a field at the caret, as if it were typed: an emoji, or a text that was dropped on the panel.

import { page } from "./page.js";

/**
 * Inserts a text at the caret, in place of the selected text.
 *
 * @param {HTMLTextAreaElement} field
 * @param {string} text
 * @param {boolean} [takesFocus] whether the field may get the focus; without it the visitor can't undo the insertion
 */
export function insertText(field, text, takesFocus = true) {
  if (takesFocus) {
    field.focus({ preventScroll: true });
    // `execCommand` is deprecated, but the only way to insert text that the visitor can undo.
    if (page.execCommand("insertText", false, text)) return;
  }
  field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
}
