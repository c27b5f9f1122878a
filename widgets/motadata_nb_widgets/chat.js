
function render({ model, el }) {
  const { root, send, say, watch, listen } = frame(model, el, "mn-chat", "Chat");
  const log = h("div", { class: "mn-chat-log", role: "log", tabindex: "0", "aria-label": "Conversation" });
  const field = h("textarea", { class: "mn-chat-say", rows: "2", "aria-label": "Message", placeholder: "Ask. Enter sends, Shift+Enter makes a new line." });
  const sendButton = h("button", { type: "button" }, "Send");
  const stopButton = h("button", { type: "button", hidden: true }, "Stop");
  const threads = h("select", { "aria-label": "Thread" });
  const fresh = h("button", { type: "button", class: "mn-chat-small" }, "New thread");
  const title = h("strong", { class: "mn-grow" });
  const approval = h("div");
  const notice = h("div");
  root.append(h("div", { class: "mn-row" }, title, threads, fresh), log, approval, notice, field, h("div", { class: "mn-row", style: "margin-top:6px" }, sendButton, stopButton));

  const rows = new Map();
  let messages = new Map();
  let partner = "";

  const atEnd = () => log.scrollHeight - log.scrollTop - log.clientHeight < 40;
  const toEnd = () => {
    log.scrollTop = log.scrollHeight;
  };

  const submit = () => {
    if (!field.value.trim() || model.get("view").busy) return;
    send({ do: "say", text: field.value });
    field.value = "";
  };
  field.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      submit();
    }
  });
  sendButton.addEventListener("click", submit);
  stopButton.addEventListener("click", () => send({ do: "stop" }));
  threads.addEventListener("change", () => send({ do: "thread", name: threads.value }));
  fresh.addEventListener("click", () => send({ do: "thread", name: "" }));

  const edit = (message) => {
    const box = h("textarea", { class: "mn-chat-say", "aria-label": "Your message" }, message.text);
    const close = () => put(messages.get(message.id));
    const done = () => send({ do: "again", id: message.id, text: box.value });
    box.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Escape") close();
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        done();
      }
    });
    const body = rows.get(message.id).querySelector(".mn-chat-text");
    body.replaceChildren(box, h("div", { class: "mn-row" }, h("button", { type: "button", onclick: done }, "Ask this instead"), h("button", { type: "button", onclick: close }, "Leave it")));
    box.focus();
  };

  const body = (message) => {
    const mine = message.who === "you";
    const text = h("div", { class: mine ? "mn-chat-text mn-chat-plain" : "mn-chat-text" }, mine ? message.text : prose(message.text));
    const parts = [text];
    if (message.steps?.length) {
      parts.push(h("details", {}, h("summary", {}, `Tools (${message.steps.length})`), message.steps.map((step) => h("div", {}, h("strong", {}, step.name), " ", h("code", {}, step.arguments), step.state === "done" ? "" : ` ${step.state}`, h("pre", {}, step.text)))));
    }
    if (message.sources?.length) {
      parts.push(h("details", {}, h("summary", {}, `Sources (${message.sources.length})`), h("ul", { class: "mn-list" }, message.sources.map((s) => h("li", {}, `[${s.number}] `, h("strong", {}, s.source), s.page ? ` page ${s.page}: ` : ": ", h("mark", {}, s.sentence))))));
    }
    if (message.status) parts.push(h("p", { class: message.state === "failed" ? "mn-error" : "mn-quiet" }, message.status));
    return parts;
  };

  const put = (message) => {
    const mine = message.who === "you";
    const row = h("div", { class: mine ? "mn-chat-message mn-chat-mine" : "mn-chat-message" },
      h("div", { class: "mn-chat-who" }, h("span", {}, mine ? "you" : partner),
        message.state === "writing" ? h("span", { class: "mn-quiet" }, "…") : null,
        mine ? h("button", { type: "button", class: "mn-chat-small mn-chat-again", onclick: () => edit(message) }, "Edit and ask again") : null),
      body(message));
    const stay = atEnd();
    const old = rows.get(message.id);
    if (old) old.replaceWith(row);
    else log.append(row);
    rows.set(message.id, row);
    messages.set(message.id, message);
    if (stay) toEnd();
  };

  const more = (id, text) => {
    const message = messages.get(id);
    if (!message) return;
    message.text += text;
    const stay = atEnd();
    rows.get(id).querySelector(".mn-chat-text").replaceChildren(...prose(message.text));
    if (stay) toEnd();
  };

  const all = (list) => {
    rows.clear();
    messages = new Map();
    log.replaceChildren();
    list.forEach(put);
    toEnd();
  };

  const approve = (question) => {
    if (!question) return approval.replaceChildren();
    const decide = (yes) => send({ do: "decide", yes });
    const text = `${partner} wants to call ${question.name}`;
    approval.replaceChildren(h("div", { class: "mn-chat-approve", role: "group", tabindex: "-1", "aria-label": text }, h("p", {}, h("strong", {}, text)), h("pre", {}, question.arguments), h("div", { class: "mn-row" }, h("button", { type: "button", onclick: () => decide(true) }, "Approve"), h("button", { type: "button", onclick: () => decide(false) }, "Deny"))));
    say(text);
    // Beside the button, not on it: an Enter that was meant for the message must not approve anything.
    approval.firstChild.focus();
  };

  const received = (message) => {
    if (message.all) all(message.all);
    if (message.put) put(message.put);
    if (message.more !== undefined) more(message.id, message.more);
    if ("approve" in message) approve(message.approve);
    if (message.put && message.put.who !== "you" && message.put.state !== "writing") say(`${partner} answered`);
  };
  const deaf = listen(received);

  const stop = watch((now) => {
    partner = now.partner;
    title.textContent = `Chat with ${partner}`;
    threads.replaceChildren(...now.threads.map((name) => h("option", { value: name }, name)));
    threads.value = now.thread;
    stopButton.hidden = !now.busy;
    sendButton.disabled = now.busy;
    notice.replaceChildren(...[failure(now.error)].filter(Boolean));
  });
  send({ do: "all" });
  return () => {
    stop();
    deaf();
  };
}

export default { render };
