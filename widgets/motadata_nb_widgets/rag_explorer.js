
const MODES = { hybrid: "keyword and vector", vector: "vector", keyword: "keyword" };

/** A folded passage: from shortly before its first evidence, so that the mark is among the lines that one sees. */
function around(text, marks) {
  const first = Math.min(...marks.map(([from]) => from), Infinity);
  const cut = first === Infinity || first < 120 ? 0 : text.lastIndexOf(" ", first - 60) + 1;
  const moved = marks.map(([from, to]) => [from - cut, to - cut]);
  return [cut ? "… " : null, ...marked(text.slice(cut), moved)];
}

function render({ model, el }) {
  const { root, send, say, watch, listen } = frame(model, el, "mn-rag", "Retrieval explorer");
  const view = model.get("view");
  const question = h("input", { type: "search", class: "mn-grow", "aria-label": "Question", placeholder: `Ask ${view.index}`, value: view.question });
  const mode = h("select", { "aria-label": "Mode" }, Object.entries(MODES).map(([value, text]) => h("option", { value }, text)));
  const k = h("input", { type: "number", min: "1", max: "50", class: "mn-rag-k", "aria-label": "Passages", value: String(view.k) });
  const where = h("input", { type: "text", class: "mn-grow", "aria-label": "Filter", placeholder: "page > 3 and source like '%2024%'", value: view.where });
  const summary = h("p", { class: "mn-quiet" });
  const notice = h("div");
  const list = h("ol", { class: "mn-list" });
  mode.value = view.mode;

  const ask = () => {
    summary.textContent = "Searching …";
    send({ do: "search", question: question.value, mode: mode.value, k: Math.min(50, Math.max(1, Number(k.value) || 10)), where: where.value });
  };
  const soon = debounce(ask, 250);
  for (const field of [question, k, where]) field.addEventListener("input", soon);
  for (const field of [question, where]) field.addEventListener("keydown", (event) => {
    // The notebook must not take the keys of a field for its own.
    event.stopPropagation();
    if (event.key === "Enter") ask();
  });
  mode.addEventListener("change", ask);
  root.append(
    h("form", { class: "mn-row", role: "search", onsubmit: (event) => event.preventDefault() }, question, h("label", {}, "by", mode), h("label", {}, "show", k)),
    h("div", { class: "mn-row", style: "margin-top:6px" }, h("label", { class: "mn-grow" }, "where", where)),
    summary, notice, list,
  );

  const open = new Set();
  const pages = new Map();

  const page = (row, place) => {
    const holder = h("div");
    if (!/\.pdf$/i.test(row.source) || !row.page) return holder;
    const key = `${row.document}#${row.start}`;
    const show = () => {
      const image = h("img", { class: "mn-rag-page", src: pages.get(key), alt: `Page ${row.page} of ${row.source}, with the passage marked` });
      holder.replaceChildren(image);
    };
    if (pages.has(key)) show();
    else holder.append(h("button", { type: "button", onclick: () => { waiting.set(place, { key, show }); send({ do: "page", hit: place }); } }, `Show page ${row.page}`));
    return holder;
  };

  const waiting = new Map();
  const received = (message, buffers) => {
    const asked = waiting.get(message.page);
    if (!asked) return;
    waiting.delete(message.page);
    pages.set(asked.key, URL.createObjectURL(new Blob([buffers[0]], { type: "image/png" })));
    asked.show();
    say(message.found ? `Page ${message.number} with the passage marked` : `Page ${message.number}`);
  };
  const deaf = listen(received);

  const moved = (row) => {
    if (row.fresh) return "new";
    if (!row.moved) return "";
    return row.moved > 0 ? `up ${row.moved}` : `down ${-row.moved}`;
  };
  const arm = (name, score, rank, digits) => (rank ? `${name} #${rank} (${number(score, digits)})` : `${name} –`);

  const hit = (row, place) => {
    const key = `${row.document}#${row.start}`;
    const facts = h("dl", {}, Object.entries({ title: row.title, heading: row.heading, position: `${row.start}–${row.end}`, ...row.metadata })
      .filter(([, value]) => value).map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
    const details = h("details", { class: "mn-rag-hit", open: open.has(key), ontoggle: (event) => (event.target.open ? open.add(key) : open.delete(key)) },
      h("summary", {},
        h("span", { class: "mn-rag-head" },
          h("span", { class: "mn-quiet" }, `[${place + 1}]`),
          h("span", { class: "mn-rag-source" }, row.source),
          row.page ? h("span", { class: "mn-quiet" }, `page ${row.page}`) : null,
          meter(row.score), number(row.score),
          h("span", { class: "mn-quiet" }, arm("keyword", row.keyword, row.keyword_rank, 1), " · ", arm("vector", row.vector, row.vector_rank, 2)),
          moved(row) ? h("strong", { class: "mn-quiet" }, moved(row)) : null,
        ),
        h("p", { class: "mn-rag-short" }, around(row.text, row.marks)),
        h("p", { class: "mn-rag-text" }, marked(row.text, row.marks)),
      ),
      facts, page(row, place),
    );
    return h("li", {}, details);
  };

  const stop = watch((now) => {
    // Each field shows what Python knows, unless the person is writing in it.
    for (const [field, value] of [[question, now.question], [where, now.where], [k, String(now.k)]]) {
      if (field.getRootNode().activeElement !== field && field.value !== value) field.value = value;
    }
    mode.value = now.mode;
    summary.textContent = now.summary ?? "";
    notice.replaceChildren(...[failure(now.error)].filter(Boolean));
    const empty = now.question && !now.hits.length && !now.error ? [h("li", { class: "mn-quiet" }, "Nothing found. Try another mode, or a wider filter.")] : [];
    list.replaceChildren(...now.hits.map(hit), ...empty);
    say(now.question ? `${now.hits.length} passages` : "");
  });
  return () => {
    stop();
    deaf();
    pages.forEach((url) => URL.revokeObjectURL(url));
  };
}

export default { render };
