// The Content-Security-Policy that a page with the chat needs. `cargo xtask csp` prints the same.

/**
 * @param {string} assets the URL of the chat's files
 * @param {string} server the URL of the Chatwoot server
 * @param {{ media?: string[] }} [options] `media` are further origins of pictures and files, such as a storage bucket that
 *   the server redirects to
 */
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
