// A chat in the page's own flow: it opens when it comes into sight.

/** Opens the chat when it is in sight, until the function it gives back is called. */
export function sight(chat) {
  const watch = new IntersectionObserver((all) => all.some(({ isIntersecting }) => isIntersecting) && chat.open());
  watch.observe(chat);
  return () => watch.disconnect();
}
