
const KINDS = { task: "task", model: "model", tool: "tool", approval: "approval", note: "note" };

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function render({ model, el }) {
  const { root, say, watch } = frame(model, el, "mn-timeline", "Timeline of an agent's run");
  const kind = h("select", { "aria-label": "Kind of step" }, h("option", { value: "" }, "all steps"), Object.entries(KINDS).map(([value, text]) => h("option", { value }, text)));
  const find = h("input", { type: "search", class: "mn-grow", "aria-label": "Find in steps", placeholder: "Find in arguments and results" });
  const answer = h("div");
  const facts = h("p", { class: "mn-quiet" });
  const list = h("ol", { class: "mn-list" });
  root.append(answer, facts, h("div", { class: "mn-row" }, find, kind), list);
  const open = new Set();

  const part = (title, text) => (text ? [h("p", { class: "mn-quiet" }, title), h("pre", {}, text)] : []);

  const line = (step, place, total) => {
    const share = total ? 100 / total : 0;
    const bar = h("span", { class: `mn-lane-bar mn-${step.kind}`, style: `left:${Math.min(99, step.start * share)}%;width:${Math.min(100, step.seconds * share)}%` });
    const state = step.state === "done" ? "" : step.state;
    return h("li", {}, h("details", { class: "mn-step", open: open.has(place), ontoggle: (event) => (event.target.open ? open.add(place) : open.delete(place)) },
      h("summary", {},
        h("span", { class: "mn-step-name", style: `padding-left:${step.depth * 14}px` }, step.kind === "tool" ? step.name : `${step.kind} ${step.key}`.trim()),
        h("span", {}, state ? h("strong", {}, state) : h("span", { class: "mn-quiet" }, step.kind === "tool" ? "tool" : step.name)),
        h("span", { class: "mn-lane", "aria-hidden": "true" }, bar),
        h("span", { class: "mn-quiet mn-number" }, seconds(step.seconds)),
      ),
      step.note ? h("p", {}, step.note) : null,
      part("Thinking", step.thinking), part("Arguments", step.arguments && pretty(step.arguments)), part("Printed", step.printed),
      part(step.kind === "tool" ? "Result" : "Text", step.text && pretty(step.text)),
      step.tokens ? h("p", { class: "mn-quiet" }, `${step.tokens.toLocaleString()} tokens`, step.cost ? ` · $${step.cost.toFixed(4)}` : "") : null,
    ));
  };

  const draw = (now) => {
    const wanted = find.value.toLowerCase();
    const total = Math.max(now.seconds, ...now.steps.map((step) => step.start + step.seconds), 0);
    const kept = now.steps.map((step, place) => [step, place]).filter(([step]) =>
      (!kind.value || step.kind === kind.value) && (!wanted || `${step.name} ${step.arguments} ${step.text} ${step.thinking}`.toLowerCase().includes(wanted)));
    answer.replaceChildren(...prose(now.text || ""));
    const tokens = now.tokens ? ` · ${now.tokens.toLocaleString()} tokens` : "";
    facts.textContent = `${now.agent} · ${now.status}${now.reason ? `: ${now.reason}` : ""} · ${now.steps.length} steps${tokens} · ${seconds(now.seconds)}`;
    list.replaceChildren(...kept.map(([step, place]) => line(step, place, total)));
    say(`${kept.length} of ${now.steps.length} steps`);
  };
  const again = () => draw(model.get("view"));
  kind.addEventListener("change", again);
  find.addEventListener("input", again);
  find.addEventListener("keydown", (event) => event.stopPropagation());
  return watch(draw);
}

export default { render };
