// An expression: measurable faults of the panel, a sentence each. `root` is the widget's shadow root, and `target` the
// minimal height and width of a control in pixels.
(() => {
  const panel = root.querySelector(".panel");
  const faults = new Set();
  const pen = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true });
  const box = panel.getBoundingClientRect();
  const style = (element) => getComputedStyle(element);
  const parent = (element) => element.parentElement ?? element.getRootNode().host;
  const name = (element) => {
    const words = element.textContent.trim().slice(0, 30);
    return `${element.localName}${[...element.classList].map((name) => `.${name}`).join("")}${words && ` "${words}"`}`;
  };
  const above = function* (element) {
    for (let at = element; at; at = parent(at)) yield at;
  };
  const is = (value, ...all) => all.includes(value);
  const scrolls = (element, axis) => is(style(element)[`overflow${axis}`], "auto", "scroll");
  const inside = (element) => [...above(element)].slice(1);
  const all = [...panel.querySelectorAll("*"), ...root.querySelectorAll("dialog[open], dialog[open] *")].filter(
    (element) => !element.closest(".spoken, svg, option") && element.checkVisibility(),
  );

  // --- Horizontal overflow ---
  for (const element of all) {
    const { left, right, width, height } = element.getBoundingClientRect();
    const isHeld = inside(element).some((other) => panel.contains(other) && scrolls(other, "X") && !other.matches(".thread"));
    const isDialog = element.closest("dialog");
    const [start, end] = isDialog ? [0, innerWidth] : [box.left, box.right];
    if (width * height > 0 && !isHeld && (left < start - 0.6 || right > end + 0.6)) faults.add(`${name(element)} sticks out sideways`);
  }
  for (const element of panel.querySelectorAll(".thread, .rows, .composer, .picked")) {
    if (element.scrollWidth > element.clientWidth) faults.add(`${name(element)} can be scrolled sideways`);
  }

  // --- A button that closes the panel ---
  const ways = root.querySelectorAll(".launcher, .panel header button, dialog[open] button");
  if (!panel.hidden && ![...ways].some((way) => way.checkVisibility())) faults.add("the panel can't be closed");

  // --- Cut text ---
  const texts = [];
  for (const element of all) {
    for (const node of element.childNodes) {
      if (node.nodeType === Node.TEXT_NODE && node.data.trim()) texts.push([element, node]);
    }
  }
  const range = document.createRange();
  for (const [element, node] of texts) {
    if (element.matches("textarea, select")) continue;
    range.selectNodeContents(node);
    const { left, right, top, bottom } = range.getBoundingClientRect();
    for (const at of above(element)) {
      const { overflowX, overflowY, textOverflow, borderTopWidth, backgroundColor, display } = style(at);
      const edge = at.getBoundingClientRect();
      if (display === "inline" || display === "contents") continue;
      const isBox = borderTopWidth !== "0px" || !is(backgroundColor, "rgba(0, 0, 0, 0)", "transparent");
      const isWide = left < edge.left - 1 || right > edge.right + 1;
      const isHigh = top < edge.top - 3 || bottom > edge.bottom + 3;
      if (isWide && !scrolls(at, "X") && (isBox || overflowX !== "visible") && textOverflow !== "ellipsis") faults.add(`${name(element)} is wider than its ${name(at)}`);
      if (isHigh && !scrolls(at, "Y") && (isBox || overflowY !== "visible")) faults.add(`${name(element)} is higher than its ${name(at)}`);
      if (at === panel || at.localName === "dialog" || scrolls(at, "X") || scrolls(at, "Y")) break;
    }
  }
  for (const field of panel.querySelectorAll("textarea")) {
    const isEmpty = field.value === "" && field.placeholder;
    if (isEmpty && (field.scrollHeight > field.clientHeight + 1 || field.scrollWidth > field.clientWidth + 1)) faults.add(`the field's "${field.placeholder}" is cut`);
  }

  // --- Size of controls ---
  const controls = all.filter((element) => element.matches("button, a[href], input, textarea, select, summary"));
  for (const element of controls) {
    if (element.matches(".text a")) continue;
    // A label is a part of its control.
    const { width, height } = (element.matches("[type=radio], [type=checkbox]") ? element.closest("label") ?? element : element).getBoundingClientRect();
    if (Math.min(width, height) < target - 0.6) faults.add(`${name(element)} is ${Math.round(width)} by ${Math.round(height)}, less than ${target}`);
  }

  // --- Contrast ---
  const read = new Map();
  const colour = (css) => {
    if (!read.has(css)) {
      pen.clearRect(0, 0, 1, 1);
      pen.fillStyle = css;
      pen.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = pen.getImageData(0, 0, 1, 1).data;
      read.set(css, [r, g, b, a / 255]);
    }
    return read.get(css);
  };
  const over = ([r, g, b, a], under) => [...[r, g, b].map((part, at) => part * a + under[at] * (1 - a)), 1];
  const ground = (element) => {
    const own = colour(style(element).backgroundColor);
    if (own[3] === 1) return own;
    const next = parent(element);
    return over(own, next ? ground(next) : [255, 255, 255, 1]);
  };
  // Elements in a group with opacity are blended as a whole.
  const seen = (element, shown) => {
    for (const at of above(element)) {
      const opacity = Number(style(at).opacity);
      if (opacity < 1 && parent(at)) shown = over([...shown.slice(0, 3), opacity], ground(parent(at)));
    }
    return shown;
  };
  const light = (shown) =>
    shown.slice(0, 3).map((part) => part / 255).map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)).reduce((sum, part, at) => sum + part * [0.2126, 0.7152, 0.0722][at], 0);
  const contrast = (element, css) => {
    const under = ground(element);
    const [one, other] = [seen(element, over(colour(css), under)), seen(element, under)].map(light);
    return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
  };
  const judge = (element, css, what) => {
    const found = contrast(element, css);
    if (found < 4.5) faults.add(`${name(element)}: ${what} has a contrast of ${found.toFixed(2)}`);
  };
  for (const [element, node] of texts) {
    const isPictured = element.matches(".avatar:has(img)") || element.closest("dialog.lightbox");
    if (/[\p{L}\p{N}]/u.test(node.data) && !element.closest(":disabled") && !isPictured) judge(element, style(element).color, "text");
  }
  for (const field of panel.querySelectorAll("[placeholder]")) {
    if (!field.value) judge(field, getComputedStyle(field, "::placeholder").color, "placeholder");
  }
  return [...faults];
})()
