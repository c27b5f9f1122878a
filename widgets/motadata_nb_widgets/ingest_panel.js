
const PART = 2 * 1024 * 1024;

/** The files of folders that were dropped, with their paths as names. */
async function walk(entries, path = "") {
  const found = [];
  for (const entry of entries) {
    if (entry.isFile) {
      const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
      found.push({ file, name: `${path}${file.name}` });
      continue;
    }
    const reader = entry.createReader();
    // A reader gives a hundred at a time, and nothing when it has given all.
    for (let some; (some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject))).length; ) {
      found.push(...(await walk(some, `${path}${entry.name}/`)));
    }
  }
  return found;
}

function render({ model, el }) {
  const { root, send, say, watch, listen } = frame(model, el, "mn-ingest", "Upload documents");
  const view = model.get("view");
  const names = h("datalist", { id: `mn-indexes-${Math.random().toString(36).slice(2)}` });
  const index = h("input", { type: "text", "aria-label": "Index", value: view.index, list: names.id });
  const source = h("input", { type: "text", class: "mn-grow", "aria-label": "Folder, glob or address", placeholder: "or a folder, glob or address" });
  const picker = h("input", { type: "file", multiple: true, class: "mn-hidden", "aria-label": "Choose files" });
  const drop = h("label", { class: "mn-drop" }, "Drop files or folders here, or press to choose files", picker);
  const go = h("button", { type: "button" }, "Ingest");
  const state = h("div");
  const report = h("div");
  root.append(h("div", { class: "mn-row" }, h("label", {}, "into", index), names, source, go), drop, state, report);
  for (const field of [index, source]) field.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Enter") go.click();
  });

  const kept = new Map();
  const received = (message) => kept.get(`${message.kept}/${message.part}`)?.();
  const deaf = listen(received);

  /** One part after the other, so that neither the browser nor the kernel holds more than one. */
  const upload = async ({ file, name }) => {
    let part = 0;
    for (let at = 0; at === 0 || at < file.size; at += PART, part++) {
      const data = await file.slice(at, at + PART).arrayBuffer();
      const done = new Promise((resolve) => kept.set(`${name}/${part}`, resolve));
      send({ do: "part", index: index.value, name, first: at === 0, part }, [data]);
      await done;
      busy(`Uploading ${name}`, file.size ? Math.min(1, (at + PART) / file.size) : 1);
    }
  };

  const busy = (text, share) => {
    state.replaceChildren(
      h("p", { class: "mn-quiet" }, text),
      h("div", { class: "mn-progress", role: "progressbar", "aria-label": "Progress", "aria-valuemin": "0", "aria-valuemax": "100", "aria-valuenow": share === null ? undefined : Math.round(share * 100) },
        h("span", { style: `width:${share === null ? 100 : share * 100}%` })),
    );
    say(text);
  };

  const refuse = (text) => {
    state.replaceChildren(h("p", { class: "mn-error", role: "alert" }, text));
  };
  const ready = () => {
    if (index.value.trim()) return true;
    refuse("Name the index first: into which do the documents go?");
    index.focus();
    return false;
  };

  const take = async (files) => {
    if (!files.length || !ready()) return;
    go.disabled = true;
    try {
      for (const file of files) await upload(file);
    } catch (error) {
      go.disabled = false;
      refuse(`The browser cannot read a file: ${error.message}`);
      return;
    }
    send({ do: "ingest", index: index.value, files: files.map(({ name }) => name) });
  };
  picker.addEventListener("change", async () => {
    await take([...picker.files].map((file) => ({ file, name: file.name })));
    picker.value = ""; // so that the same file, mended, can be chosen again
  });
  for (const name of ["dragenter", "dragover"]) drop.addEventListener(name, (event) => { event.preventDefault(); event.stopPropagation(); drop.classList.add("mn-over"); });
  drop.addEventListener("dragleave", () => drop.classList.remove("mn-over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    event.stopPropagation();
    drop.classList.remove("mn-over");
    // Entries are gone once this handler has returned; only they tell a folder from a file.
    const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
    const files = [...event.dataTransfer.files].map((file) => ({ file, name: file.name }));
    if (entries.some((entry) => entry.isDirectory)) walk(entries).then(take);
    else take(files);
  });
  go.addEventListener("click", () => {
    if (!ready()) return;
    if (!source.value.trim()) {
      refuse("Name a folder, glob or address, or drop files below.");
      source.focus();
      return;
    }
    go.disabled = true;
    send({ do: "ingest", index: index.value, files: [], source: source.value.trim() });
  });

  const table = (shown) => [
    h("p", {}, h("strong", {}, shown.title), " ", h("span", { class: "mn-quiet" }, `${Object.entries(shown.counts).filter(([, n]) => n).map(([name, n]) => `${n} ${name}`).join(" · ") || "nothing to do"} · ${seconds(shown.seconds)}`)),
    shown.rows.length ? h("div", { class: "mn-scroll", tabindex: "0", role: "region", "aria-label": "Sources" },
      h("table", {}, h("thead", {}, h("tr", {}, ["Source", "What", "Chunks", "Why and what to do"].map((name) => h("th", { scope: "col" }, name)))),
        h("tbody", {}, shown.rows.map(([name, status, chunks, reason, hint]) => h("tr", {}, h("td", {}, name), h("td", {}, status === "quarantined" ? h("strong", {}, "set aside") : status), h("td", { class: "mn-number" }, String(chunks)), h("td", {}, [reason, hint].filter(Boolean).join(" "))))))) : null,
  ].filter(Boolean);

  const stop = watch((now) => {
    names.replaceChildren(...(now.indexes ?? []).map((name) => h("option", { value: name })));
    if (now.progress) busy(now.progress.text, now.progress.share);
    else state.replaceChildren(...[failure(now.error)].filter(Boolean));
    go.disabled = Boolean(now.progress);
    report.replaceChildren(...(now.report ? table(now.report) : []));
    if (now.report && !now.progress) say(now.report.title);
  });
  return () => {
    stop();
    deaf();
  };
}

export default { render };
