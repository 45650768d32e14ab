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

const own = JSON.stringify;

/** As JSON, whatever `toJSON` a library has given to all lists or objects. One of another kind counts, as dates have it. */
export const stringify = (value, space) => own(bare(value), null, space);

function bare(value) {
  if (typeof value === "function") return undefined;
  if (typeof value !== "object" || value === null) return value;
  const { toJSON } = value;
  const isPatched = toJSON === Array.prototype.toJSON || toJSON === Object.prototype.toJSON;
  if (typeof toJSON === "function" && !isPatched) return bare(value.toJSON(""));
  const copy = Array.isArray(value) ? value.map(bare) : Object.fromEntries(Object.entries(value).map(([name, one]) => [name, bare(one)]));
  return Object.defineProperty(copy, "toJSON", { __proto__: null, value: undefined });
}
