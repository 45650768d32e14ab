// For whoever writes the page's Content-Security-Policy.

/** What the policy must allow, and no more (`cargo xtask csp` says the same): `assets` is where the chat's files are,
 *  `server` its server's address; `media` are further origins that pictures and files come from, such as a bucket that the
 *  server sends browsers on to. */
export function csp(assets, server, { media = [] } = {}) {
  const [own, { origin }] = [new URL(assets).origin, new URL(server)];
  const files = [origin, ...media, "blob:"].join(" ");
  return [
    `script-src ${own} 'wasm-unsafe-eval'`,
    `connect-src ${[...new Set([own, origin, origin.replace(/^http/, "ws")])].join(" ")}`,
    `img-src ${files}`,
    `media-src ${files}`,
  ].join("; ");
}
