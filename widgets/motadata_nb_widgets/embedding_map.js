
// Dark enough on white and light enough on black; a cluster is also named in the list, never told by colour alone.
const COLOURS = ["#3b82c4", "#d9772b", "#3f9b4f", "#c94f4f", "#8e6cc0", "#93705f", "#cf6fae", "#7d7d7d", "#9d9a2f", "#2f9fae"];
const RGB = COLOURS.map((c) => [1, 3, 5].map((at) => parseInt(c.slice(at, at + 2), 16)));

function floats(view) {
  return new Float32Array(bytes(view).slice().buffer);
}

/** A halo for text of this colour: light behind dark letters, dark behind light ones. */
function dim(colour) {
  const [r, g, b] = colour.match(/[\d.]+/g).map(Number);
  return r + g + b > 380 ? "rgba(17, 17, 17, 0.75)" : "rgba(255, 255, 255, 0.8)";
}

/** Whether the point is inside the polygon, by the even-odd rule. */
function inside(x, y, polygon) {
  let is = false;
  for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i++) {
    const [xi, yi] = polygon[i];
    const [xj, yj] = polygon[j];
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) is = !is;
  }
  return is;
}

function render({ model, el }) {
  const { root, send, say, watch, listen } = frame(model, el, "mn-map", "Map of embeddings");
  const field = h("input", { type: "search", class: "mn-grow", "aria-label": "Question", placeholder: "Mark the hits of a question" });
  const lassoButton = h("button", { type: "button", "aria-pressed": "false" }, "Lasso");
  const reset = h("button", { type: "button" }, "Whole map");
  const canvas = h("canvas", { tabindex: "0", role: "img", "aria-label": "Map. Arrows move, plus and minus zoom, 0 shows all.", title: "Click, then turn the wheel to zoom" });
  const tip = h("div", { class: "mn-map-tip", hidden: true });
  const facts = h("p", { class: "mn-quiet" });
  const notice = h("div");
  const hits = h("ol", {});
  const legend = h("ul", { class: "mn-list mn-row" });
  root.append(
    h("div", { class: "mn-row" }, field, lassoButton, reset), h("div", { class: "mn-map-holder" }, canvas, tip), facts, notice, hits,
    h("details", { open: true }, h("summary", {}, "Clusters"), legend),
  );

  const paper = canvas.getContext("2d");
  let points = floats(model.get("points"));
  let groups = bytes(model.get("groups"));
  let chosen = new Uint8Array(points.length / 2);
  let view = { x: 0, y: 0, zoom: 1 };
  let image = null;
  let lasso = null;
  let lassoing = false;
  let asked = false;
  let cluster = -1;

  const size = () => {
    const ratio = Math.min(2, window.devicePixelRatio || 1);
    const width = Math.max(50, Math.round(canvas.clientWidth * ratio));
    const height = Math.max(50, Math.round(canvas.clientHeight * ratio));
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width;
      canvas.height = height;
      image = null;
    }
    image ??= paper.createImageData(canvas.width, canvas.height);
    return ratio;
  };
  // The whole of a map that is wider than high, or higher than wide, fills the canvas.
  const extent = () => {
    let [x, y] = [0.05, 0.05];
    for (let i = 0; i < points.length; i += 2) {
      x = Math.max(x, Math.abs(points[i]));
      y = Math.max(y, Math.abs(points[i + 1]));
    }
    return [x, y];
  };
  let reach = extent();
  const scale = () => Math.min(canvas.width / reach[0], canvas.height / reach[1]) / 2.2 * view.zoom;
  const toX = (x) => canvas.width / 2 + (x - view.x) * scale();
  const toY = (y) => canvas.height / 2 - (y - view.y) * scale();

  const draw = () => {
    asked = false;
    const ratio = size();
    const { width, height } = canvas;
    const pixels = new Uint32Array(image.data.buffer);
    pixels.fill(0);
    const n = points.length / 2;
    const side = Math.max(1, Math.round((n > 20000 ? 1.5 : n > 2000 ? 3 : 5) * ratio * Math.min(3, Math.sqrt(view.zoom))));
    const s = scale();
    const picking = cluster >= 0 || chosen.includes(1);
    const colours = (alpha) => Uint32Array.from(RGB, ([r, g, b]) => (alpha << 24) | (b << 16) | (g << 8) | r);
    const solid = colours(255);
    const faint = colours(70);
    const atX = width / 2 - view.x * s - side / 2 + 0.5;
    const atY = height / 2 + view.y * s - side / 2 + 0.5;
    for (let i = 0; i < n; i++) {
      const left = Math.floor(atX + points[2 * i] * s);
      const top = Math.floor(atY - points[2 * i + 1] * s);
      if (left < 0 || top < 0 || left + side >= width || top + side >= height) continue;
      const strong = !picking || chosen[i] || groups[i] === cluster;
      const colour = (strong ? solid : faint)[groups[i] % RGB.length];
      // By hand: a call for each row of each point takes longer than a frame.
      for (let row = top * width + left, last = row + side * width; row < last; row += width) {
        for (let pixel = row; pixel < row + side; pixel++) pixels[pixel] = colour;
      }
    }
    paper.putImageData(image, 0, 0);
    names(ratio);
    marks(ratio);
  };

  /** Where each cluster lies: the median of its points, so that strays do not pull its name away. */
  const middles = () => {
    const places = model.get("view").clusters.map(() => [[], []]);
    const step = Math.max(1, Math.floor(points.length / 2 / 20000));
    for (let i = 0; i < points.length / 2; i += step) {
      places[groups[i]]?.[0].push(points[2 * i]);
      places[groups[i]]?.[1].push(points[2 * i + 1]);
    }
    const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];
    return places.map(([xs, ys]) => (xs.length ? [median(xs), median(ys)] : null));
  };
  let centres = middles();
  const settle = () => {
    reach = extent();
    centres = middles();
  };

  /** Names of clusters on the map, the large ones first; one that would cover another is left out. */
  const names = (ratio) => {
    const style = getComputedStyle(canvas);
    const taken = [];
    paper.font = `600 ${12 * ratio}px ${style.fontFamily}`;
    paper.textAlign = "center";
    paper.lineWidth = 4 * ratio;
    paper.lineJoin = "round";
    paper.strokeStyle = dim(style.color);
    const all = model.get("view").clusters.map((c, which) => ({ ...c, which })).sort((a, b) => b.size - a.size);
    for (const { name, which } of all) {
      if (!name || !centres[which] || (cluster >= 0 && cluster !== which)) continue;
      const text = name.split(", ").slice(0, 2).join(", ");
      const [x, y] = [toX(centres[which][0]), toY(centres[which][1])];
      const [w, t] = [paper.measureText(text).width / 2 + 4 * ratio, 9 * ratio];
      const out = x - w < 0 || x + w > canvas.width || y - t < 0 || y + t > canvas.height;
      if (out || taken.some(([a, b, v, u]) => Math.abs(a - x) < v + w && Math.abs(b - y) < u + t)) continue;
      taken.push([x, y, w, t]);
      paper.fillStyle = style.color;
      paper.strokeText(text, x, y + 4 * ratio);
      paper.fillText(text, x, y + 4 * ratio);
    }
    paper.textAlign = "start";
  };

  const marks = (ratio) => {
    const ink = getComputedStyle(canvas).color;
    paper.lineWidth = 2 * ratio;
    paper.strokeStyle = paper.fillStyle = ink;
    const now = model.get("view");
    paper.font = `${12 * ratio}px sans-serif`;
    now.hits.forEach((hit, place) => {
      const [x, y] = [toX(points[2 * hit.point]), toY(points[2 * hit.point + 1])];
      paper.beginPath();
      paper.arc(x, y, 6 * ratio, 0, 7);
      paper.stroke();
      paper.fillText(String(place + 1), x + 8 * ratio, y - 6 * ratio);
    });
    if (now.star) {
      const [x, y] = [toX(now.star[0]), toY(now.star[1])];
      paper.beginPath();
      for (const [dx, dy] of [[1, 0], [0, 1], [0.7, 0.7], [0.7, -0.7]]) {
        paper.moveTo(x - dx * 9 * ratio, y - dy * 9 * ratio);
        paper.lineTo(x + dx * 9 * ratio, y + dy * 9 * ratio);
      }
      paper.stroke();
    }
    if (lasso?.length) {
      paper.setLineDash([4 * ratio, 4 * ratio]);
      paper.beginPath();
      lasso.forEach(([x, y], i) => (i ? paper.lineTo(x, y) : paper.moveTo(x, y)));
      paper.closePath();
      paper.stroke();
      paper.setLineDash([]);
    }
  };
  const redraw = () => {
    if (!asked) requestAnimationFrame(draw);
    asked = true;
  };

  const at = (event) => {
    const box = canvas.getBoundingClientRect();
    const ratio = canvas.width / box.width;
    return [(event.clientX - box.left) * ratio, (event.clientY - box.top) * ratio];
  };
  const zoomAt = (x, y, factor) => {
    const before = scale();
    view.zoom = Math.min(200, Math.max(0.5, view.zoom * factor));
    const after = scale();
    view.x += (x - canvas.width / 2) * (1 / before - 1 / after);
    view.y -= (y - canvas.height / 2) * (1 / before - 1 / after);
    redraw();
  };

  const finish = () => {
    const polygon = lasso;
    lasso = null;
    if (!polygon || polygon.length < 3) return redraw();
    const picked = [];
    for (let i = 0; i < points.length / 2; i++) {
      chosen[i] = inside(toX(points[2 * i]), toY(points[2 * i + 1]), polygon) ? 1 : 0;
      if (chosen[i]) picked.push(i);
    }
    send({ do: "select" }, [new Int32Array(picked).buffer]);
    redraw();
  };

  let held = null;
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    if (lassoing || event.shiftKey) lasso = [at(event)];
    else held = at(event);
  });
  canvas.addEventListener("pointermove", (event) => {
    const [x, y] = at(event);
    if (lasso) {
      lasso.push([x, y]);
      redraw();
    } else if (held) {
      view.x -= (x - held[0]) / scale();
      view.y += (y - held[1]) / scale();
      held = [x, y];
      redraw();
    } else hover(x, y, event);
  });
  canvas.addEventListener("pointerup", () => {
    held = null;
    if (lasso) finish();
  });
  canvas.addEventListener("pointerleave", () => (tip.hidden = true));
  canvas.addEventListener("wheel", (event) => {
    // Who scrolls through the notebook must not be caught by the map.
    if (canvas.getRootNode().activeElement !== canvas && !event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    zoomAt(...at(event), Math.exp(-event.deltaY / 400));
  }, { passive: false });
  canvas.addEventListener("keydown", (event) => {
    const step = 40 / scale();
    const keys = {
      ArrowLeft: () => (view.x -= step), ArrowRight: () => (view.x += step), ArrowUp: () => (view.y += step), ArrowDown: () => (view.y -= step),
      "+": () => zoomAt(canvas.width / 2, canvas.height / 2, 1.4), "=": () => zoomAt(canvas.width / 2, canvas.height / 2, 1.4),
      "-": () => zoomAt(canvas.width / 2, canvas.height / 2, 1 / 1.4), 0: () => (view = { x: 0, y: 0, zoom: 1 }),
    };
    if (!keys[event.key]) return;
    event.preventDefault();
    event.stopPropagation();
    keys[event.key]();
    redraw();
  });

  let over = -1;
  const hover = debounce((x, y, event) => {
    let best = -1;
    let least = (10 * canvas.width) / canvas.clientWidth;
    least *= least;
    for (let i = 0; i < points.length / 2; i++) {
      const [dx, dy] = [toX(points[2 * i]) - x, toY(points[2 * i + 1]) - y];
      if (dx * dx + dy * dy < least) [best, least] = [i, dx * dx + dy * dy];
    }
    over = best;
    tip.hidden = best < 0;
    if (best < 0) return;
    const box = canvas.getBoundingClientRect();
    tip.style.left = `${Math.min(event.clientX - box.left + 12, box.width - 200)}px`;
    tip.style.top = `${event.clientY - box.top + 12}px`;
    tip.textContent = "…";
    send({ do: "text", point: best });
  }, 60);
  const received = (message) => {
    if (message.point !== over) return;
    tip.replaceChildren(message.source ? h("strong", {}, message.source, " ") : "", message.text);
  };
  const deaf = listen(received);

  lassoButton.addEventListener("click", () => {
    lassoing = !lassoing;
    lassoButton.setAttribute("aria-pressed", String(lassoing));
    canvas.classList.toggle("mn-lassoing", lassoing);
  });
  reset.addEventListener("click", () => {
    view = { x: 0, y: 0, zoom: 1 };
    chosen.fill(0);
    choose(-1);
    send({ do: "select" }, [new Int32Array(0).buffer]);
  });
  field.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Enter") send({ do: "ask", question: field.value });
  });
  field.addEventListener("input", debounce(() => send({ do: "ask", question: field.value }), 400));

  const choose = (which) => {
    cluster = which;
    for (const button of legend.querySelectorAll("button")) button.setAttribute("aria-pressed", String(Number(button.value) === which));
    redraw();
  };
  /** The keyboard's lasso: all points of a cluster. */
  const pick = (which) => {
    const same = which === cluster;
    choose(same ? -1 : which);
    const picked = same ? [] : [...groups.keys()].filter((i) => groups[i] === which);
    send({ do: "select" }, [new Int32Array(picked).buffer]);
  };

  const moved = () => {
    const target = floats(model.get("points"));
    if (target.length !== points.length || calm() || target.length > 60000) {
      points = target;
      if (chosen.length !== points.length / 2) chosen = new Uint8Array(points.length / 2);
      settle();
      return redraw();
    }
    const from = points;
    const began = performance.now();
    const step = () => {
      const share = Math.min(1, (performance.now() - began) / 500);
      const ease = share * share * (3 - 2 * share);
      points = share < 1 ? target.map((value, i) => from[i] + (value - from[i]) * ease) : target;
      settle();
      draw();
      if (share < 1) requestAnimationFrame(step);
    };
    step();
  };
  model.on("change:points", moved);
  const regrouped = () => {
    groups = bytes(model.get("groups"));
    centres = middles();
    redraw();
  };
  model.on("change:groups", regrouped);

  let clusters = null;
  const stop = watch((now) => {
    if (now.clusters !== clusters) {
      clusters = now.clusters;
      legend.replaceChildren(...clusters.map((c, which) => h("li", {}, h("button", { type: "button", value: String(which), "aria-pressed": "false", onclick: () => pick(which) },
        h("span", { class: "mn-map-key", style: `background:${COLOURS[which % COLOURS.length]}` }), `${c.name || "no words"} (${c.size.toLocaleString()})`))));
    }
    if (field.getRootNode().activeElement !== field) field.value = now.question;
    const selected = now.selected ? ` · ${now.selected.toLocaleString()} selected` : "";
    facts.textContent = `${now.name ? `${now.name} · ` : ""}${now.total.toLocaleString()} points · ${now.clusters.length} clusters${selected}`;
    notice.replaceChildren(...[failure(now.error)].filter(Boolean));
    hits.replaceChildren(...now.hits.map((hit) => h("li", {}, h("strong", {}, hit.source), hit.page ? ` page ${hit.page} ` : " ", number(hit.score), h("div", { class: "mn-quiet" }, hit.text))));
    if (now.selected || now.hits.length) say(facts.textContent + (now.hits.length ? ` · ${now.hits.length} hits` : ""));
    redraw();
  });
  const resized = new ResizeObserver(redraw);
  resized.observe(canvas);
  const untheme = onTheme(redraw);
  return () => {
    stop();
    untheme();
    resized.disconnect();
    deaf();
    model.off("change:points", moved);
    model.off("change:groups", regrouped);
  };
}

export default { render };
