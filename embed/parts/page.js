// The page's document, globals and JSON, unaffected by what the page's markup and scripts put in their place: an element
// `<img name="body">` shadows `document.body` (DOM clobbering), `<a id="Notification">` a missing global, and old libraries
// add `toJSON` to arrays and objects.

/** The document with the properties of `Document.prototype`, which named elements don't shadow. */
export const page = new Proxy(document, {
  get(target, name) {
    const value = Reflect.get(Document.prototype, name, target);
    return typeof value === "function" ? value.bind(target) : value;
  },
  set: (target, name, value) => Reflect.set(Document.prototype, name, value, target),
});

/** A global of the browser or of a script, or undefined: an element with this id or name is none. */
export const global = (name) => (Object.hasOwn(window, name) ? window[name] : undefined);

const nativeStringify = JSON.stringify;

/** `JSON.stringify` that ignores a `toJSON` on `Array.prototype` or `Object.prototype`. Values of other types keep their
 *  `toJSON`, as dates do. */
export const stringify = (value, space) => nativeStringify(withoutToJson(value), null, space);

function withoutToJson(value) {
  if (typeof value === "function") return undefined;
  if (typeof value !== "object" || value === null) return value;
  const { toJSON } = value;
  const isPatched = toJSON === Array.prototype.toJSON || toJSON === Object.prototype.toJSON;
  if (typeof toJSON === "function" && !isPatched) return withoutToJson(value.toJSON(""));
  const copy = Array.isArray(value)
    ? value.map(withoutToJson)
    : Object.fromEntries(Object.entries(value).map(([name, member]) => [name, withoutToJson(member)]));
  return Object.defineProperty(copy, "toJSON", { __proto__: null, value: undefined });
}
