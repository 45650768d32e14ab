// Opens an inline chat when it scrolls into view.

/** Calls `chat.open()` when the element is in the viewport, until the returned function is called. */
export function openInView(chat) {
  const observer = new IntersectionObserver((entries) => entries.some(({ isIntersecting }) => isIntersecting) && chat.open());
  observer.observe(chat);
  return () => observer.disconnect();
}
