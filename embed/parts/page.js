// The page, without what its own elements put in the place of its properties: `<img name="body">` stands in for
// `document.body`, and `<a id="Notification">` for a global that this browser lacks.

/** The document, as its prototype has it; that no element can reach. */
export const page = new Proxy(document, {
  get(of, name) {
    const value = Reflect.get(Document.prototype, name, of);
    return typeof value === "function" ? value.bind(of) : value;
  },
  set: (of, name, value) => Reflect.set(Document.prototype, name, value, of),
});

/** A global, if it is the browser's or a script's. */
export const global = (name) => (Object.hasOwn(window, name) ? window[name] : undefined);
