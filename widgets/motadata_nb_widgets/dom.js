// Shared by all widgets: elements are made from text, never from HTML.

function h(tag, props, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(props ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (key === "class") node.className = value;
    else if (key in node && typeof value !== "string") node[key] = value;
    else node.setAttribute(key, value === true ? "" : String(value));
  }
  node.append(...children.flat(Infinity).filter((c) => c !== null && c !== undefined && c !== false));
  return node;
}

/** The text with `[start, end]` spans marked. */
function marked(text, spans) {
  const out = [];
  let at = 0;
  for (const [from, to] of [...(spans ?? [])].sort((a, b) => a[0] - b[0])) {
    const start = Math.max(at, from);
    if (start >= to) continue;
    out.push(text.slice(at, start), h("mark", {}, text.slice(start, to)));
    at = to;
  }
  return [...out, text.slice(at)];
}

function debounce(run, ms) {
  let timer;
  return (...args) => {
    clearTimeout(timer);
    timer = setTimeout(() => run(...args), ms);
  };
}

function number(value, digits = 2) {
  return value === null || value === undefined ? "–" : Number(value).toFixed(digits);
}

function meter(value) {
  const share = Math.min(1, Math.max(0, value));
  return h(
    "span",
    { class: "mn-meter", role: "meter", "aria-valuemin": "0", "aria-valuemax": "1", "aria-valuenow": share.toFixed(2), "aria-label": "Score" },
    h("span", { class: "mn-meter-bar", style: `width:${(share * 100).toFixed(0)}%` }),
  );
}

function calm() {
  return window.matchMedia("(prefers-reduced-motion: reduce)").matches;
}

/** While the widget lives, its static twin in the same cell is hidden. */
function hideTwin(el, name) {
  const hide = () => {
    const cell = el.closest(".jp-OutputArea, .output_area, .cell-output") ?? el.getRootNode().host?.closest?.(".jp-OutputArea");
    const twin = cell?.querySelector(`.${CSS.escape(name)}`);
    const output = twin?.closest(".jp-OutputArea-child") ?? twin;
    if (output) output.style.display = "none";
    return Boolean(output);
  };
  if (!hide()) requestAnimationFrame(() => hide() || setTimeout(hide, 300));
}

// Panel has a model without `send`: there a message is a value, and bytes travel as text.
let posted = 0;

function post(model, message, buffers) {
  const packed = (buffers ?? []).map((data) => {
    let text = "";
    const all = new Uint8Array(data);
    for (let at = 0; at < all.length; at += 8192) text += String.fromCharCode(...all.subarray(at, at + 8192));
    return btoa(text);
  });
  model.set("outbox", { number: ++posted, message, buffers: packed });
  model.save_changes();
}

function unpacked(text) {
  return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
}

/** The bytes of a synchronised value, wherever they lie in their buffer. */
function bytes(view) {
  return new Uint8Array(view.buffer ?? view, view.byteOffset ?? 0, view.byteLength);
}

/** A widget's frame: draws again when `view` changes, keeps its twin hidden, and has one place for announcements. */
function frame(model, el, name, label) {
  const status = h("div", { class: "mn-status", role: "status", "aria-live": "polite" });
  const root = h("section", { class: `mn-widget ${name}`, "aria-label": label });
  el.append(root, status);
  hideTwin(el, model.get("twin"));
  const send = (message, buffers) => (model.send ? model.send(message, undefined, buffers) : post(model, message, buffers));
  // Python keeps the twin up to date only where somebody looks; an app has none.
  if (model.send) send({ do: "here" });
  return {
    root,
    send,
    listen: (take) => {
      const received = (content, buffers) => take(content, buffers?.length ? buffers : (content._buffers ?? []).map(unpacked));
      model.on("msg:custom", received);
      return () => model.off("msg:custom", received);
    },
    say: (text) => {
      if (status.textContent !== text) status.textContent = text;
    },
    watch: (draw) => {
      const changed = () => draw(model.get("view"));
      model.on("change:view", changed);
      changed();
      return () => model.off("change:view", changed);
    },
  };
}

/** Calls back when the colours around may have changed: JupyterLab's theme, or the system's. */
function onTheme(changed) {
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const seen = new MutationObserver(() => requestAnimationFrame(changed));
  seen.observe(document.body, { attributes: true, attributeFilter: ["class", "data-jp-theme-light", "data-jp-theme-name", "data-vscode-theme-kind"] });
  dark.addEventListener("change", changed);
  return () => {
    seen.disconnect();
    dark.removeEventListener("change", changed);
  };
}

function failure(error) {
  return error ? h("p", { class: "mn-error", role: "alert" }, h("strong", {}, error[0]), " ", error[1] ?? "") : null;
}

/** Markdown of a model as elements: no HTML, no images, no links, whatever the text says. */
function prose(text) {
  const out = [];
  const lines = text.split("\n");
  for (let i = 0; i < lines.length; ) {
    const fence = /^\s*(```+|~~~+)/.exec(lines[i]);
    const heading = /^(#{1,6})\s+(.*)/.exec(lines[i]);
    const item = /^\s*(?:[-*+]|(\d+)[.)])\s+/.exec(lines[i]);
    if (fence) {
      const from = ++i;
      while (i < lines.length && !lines[i].trim().startsWith(fence[1])) i++;
      out.push(h("pre", {}, lines.slice(from, i++).join("\n")));
    } else if (heading) {
      out.push(h("p", {}, h("strong", {}, inline(heading[2]))));
      i++;
    } else if (item) {
      const list = h(item[1] ? "ol" : "ul", item[1] ? { start: item[1] } : {});
      for (let next; i < lines.length && (next = /^\s*(?:[-*+]|\d+[.)])\s+(.*)/.exec(lines[i])); i++) list.append(h("li", {}, inline(next[1])));
      out.push(list);
    } else if (!lines[i].trim()) {
      i++;
    } else {
      const from = i;
      while (i < lines.length && lines[i].trim() && !/^\s*(```|~~~|#{1,6}\s|[-*+]\s|\d+[.)]\s)/.test(lines[i])) i++;
      if (i === from) i++;
      out.push(h("p", {}, inline(lines.slice(from, i).join("\n"))));
    }
  }
  return out;
}

function inline(text) {
  const out = [];
  const token = /(`+)([^`]+?)\1|\*\*([^*]+?)\*\*|\*([^*\s][^*]*?)\*/g;
  let at = 0;
  for (let found; (found = token.exec(text)); at = token.lastIndex) {
    out.push(text.slice(at, found.index));
    if (found[2] !== undefined) out.push(h("code", {}, found[2]));
    else if (found[3] !== undefined) out.push(h("strong", {}, found[3]));
    else out.push(h("em", {}, found[4]));
  }
  return [...out, text.slice(at)];
}

function seconds(value) {
  return value < 1 ? `${Math.round(value * 1000)} ms` : `${value.toFixed(1)} s`;
}
