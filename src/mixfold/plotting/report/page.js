"use strict";
(async () => {
  const MASSES = [0.5, 0.9], MOST_IN_A_THUMBNAIL = 1200, THUMBNAIL = 128, MOST_IN_THE_MATRIX = 6, MOST_FILLED = 6;
  const SYMBOLS = ["circle", "square", "triangle-up", "diamond", "triangle-down", "pentagon", "x", "star"];
  const content = JSON.parse(document.getElementById("content").textContent);
  const K = content.weights.length, D = content.axes.length;
  const one = (selector) => document.querySelector(selector);
  const make = (tag, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };
  const range = (n) => Array.from({ length: n }, (_, i) => i);

  // --- numbers -------------------------------------------------------------------------------------------------------
  function unpacked(text, Kind) {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    return new Kind(bytes.buffer);
  }
  const short = (value) => String(+value.toPrecision(6));
  const percent = (share) => `${(100 * share).toFixed(share > 0.995 && share < 1 ? 2 : 0)}%`;
  // Names are text, but the chart library reads a little HTML.
  const plain = (text) => String(text).replace(/[&<>]/g, (letter) => `&#${letter.charCodeAt(0)};`);

  const rows = content.rows && {
    columns: content.rows.columns.map((text, axis) =>
      Float64Array.from(unpacked(text, Float32Array), (value) => value + content.rows.offsets[axis])),
    labels: unpacked(content.rows.labels, Uint16Array), seconds: unpacked(content.rows.seconds, Uint16Array),
    shares: unpacked(content.rows.shares, Float32Array), secondShares: unpacked(content.rows.second_shares, Float32Array),
    logDensity: unpacked(content.rows.log_density, Float32Array),
  };
  const shown = new Set(range(K));
  let marked = null;

  // The ellipse of a component on two axes that holds a share of it: in the plane its squared radius is -2 log(1 - share).
  function ellipse(k, x, y, mass) {
    const S = content.covariances[k], m = content.means[k], radius = Math.sqrt(-2 * Math.log(1 - mass));
    const a = Math.sqrt(S[x][x]), b = S[x][y] / a, c = Math.sqrt(Math.max(S[y][y] - b * b, 0)); // Cholesky
    return range(73).map((step) => {
      const u = radius * Math.cos((step * Math.PI) / 36), v = radius * Math.sin((step * Math.PI) / 36);
      return [m[x] + a * u, m[y] + b * u + c * v];
    });
  }
  const bell = (x, mean, variance) => Math.exp((-0.5 * (x - mean) ** 2) / variance) / Math.sqrt(2 * Math.PI * variance);

  // --- colors --------------------------------------------------------------------------------------------------------
  const isDark = () => document.documentElement.dataset.theme === "dark";
  const colors = () => (isDark() ? content.dark : content.light);
  const rgb = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
  const ink = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  const faded = (hex, alpha) => `rgba(${rgb(hex).join(",")},${alpha})`;
  function mixed(a, b, share) { // as light mixes: the mean of linear intensities
    const [p, q] = [rgb(a), rgb(b)];
    return `rgb(${p.map((value, i) => Math.round((share * value ** 2.2 + (1 - share) * q[i] ** 2.2) ** (1 / 2.2))).join(",")})`;
  }
  const onDisk = (hex) => (rgb(hex).reduce((sum, value, i) => sum + (value / 255) ** 2.2 * [0.2126, 0.7152, 0.0722][i], 0) < 0.4 ? "#ffffff" : "#1b2330");

  // --- theme ---------------------------------------------------------------------------------------------------------
  const prefersDark = window.matchMedia("(prefers-color-scheme: dark)");
  const toggle = one("#theme");
  function wear(theme) {
    document.documentElement.dataset.theme = theme;
    toggle.textContent = theme === "dark" ? "Light" : "Dark";
    toggle.setAttribute("aria-label", `Change to ${theme === "dark" ? "light" : "dark"} colors`);
  }
  wear(prefersDark.matches ? "dark" : "light");
  toggle.hidden = false;
  toggle.addEventListener("click", () => { wear(isDark() ? "light" : "dark"); drawAll(); });
  prefersDark.addEventListener("change", (event) => { wear(event.matches ? "dark" : "light"); drawAll(); });

  // --- the chart library ---------------------------------------------------------------------------------------------
  try {
    const packed = unpacked(one("#library").textContent, Uint8Array);
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    one("#library").remove();
    document.head.append(make("script", { textContent: await new Response(stream).text() }));
  } catch (error) {
    one("#trouble").hidden = false;
    one("#trouble").textContent = `The charts need a newer browser (${error.message}). The tables below are complete.`;
    return;
  }
  const Plotly = window.Plotly;
  // One kind for everything in the large plot: what WebGL draws would lie on whatever SVG draws.
  const SCATTER = rows && make("canvas").getContext("webgl") ? "scattergl" : "scatter";
  const CONFIG = { displaylogo: false, responsive: true, modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"] };
  function axis(title, more = {}) {
    return {
      title: { text: plain(title), font: { size: 13 } }, gridcolor: ink("line"), zerolinecolor: ink("line"), linecolor: ink("quiet"),
      tickfont: { color: ink("quiet"), size: 12 }, automargin: true, zeroline: false, ...more,
    };
  }
  const TOOLBAR = 40; // room above the curves, where the buttons lie on nothing
  function layout(x, y, more = {}) {
    return {
      modebar: { bgcolor: "rgba(0,0,0,0)", color: ink("quiet"), activecolor: ink("accent") },
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", font: { family: "system-ui, sans-serif", color: ink("ink") },
      margin: { l: 56, r: 12, t: TOOLBAR, b: 48 }, showlegend: false, hovermode: "closest", xaxis: x, yaxis: y,
      hoverlabel: { bgcolor: ink("card"), bordercolor: ink("quiet"), font: { color: ink("ink"), size: 13 }, align: "left" }, ...more,
    };
  }
  const draw = (id, traces, shape) => one(id) && Plotly.react(one(id), traces, shape, CONFIG);

  // --- the large plot ------------------------------------------------------------------------------------------------
  function hover(i, x, y) {
    const [k, other, share] = [rows.labels[i], rows.seconds[i], rows.shares[i]];
    const rest = K > 1 && rows.secondShares[i] > 0.005 ? `, ${percent(rows.secondShares[i])} cluster ${other}` : "";
    return `<b>row ${i + 1}</b><br>${plain(content.axes[x])}: ${short(rows.columns[x][i])}<br>${plain(content.axes[y])}: ` +
      `${short(rows.columns[y][i])}<br>${percent(share)} cluster ${k}${rest}`;
  }
  function markerOf(how, k, members) {
    const size = Math.min(9, Math.max(3.5, 110 / Math.sqrt(content.n_rows))), palette = colors();
    const base = { size, opacity: 0.72, symbol: SYMBOLS[Math.floor(k / 8) % SYMBOLS.length] };
    if (how === "soft") {
      const color = members.map((i) => mixed(palette[k], palette[rows.seconds[i]], rows.shares[i] / (rows.shares[i] + rows.secondShares[i])));
      return { ...base, color, opacity: 0.85 };
    }
    if (how === "sure" || how === "likely") {
      const values = how === "sure" ? rows.shares : rows.logDensity;
      const [low, high] = how === "sure" ? [1 / K, 1] : quantiles(values);
      const scale = isDark() ? [[0, "#ff9d6c"], [0.5, "#8d6fb5"], [1, "#2f4a7d"]] : [[0, "#d04a02"], [0.5, "#b99ac9"], [1, "#c9d9ee"]];
      return {
        ...base, opacity: 0.9, color: members.map((i) => values[i]), cmin: low, cmax: high, colorscale: scale, showscale: k === Math.min(...shown),
        colorbar: { title: { text: how === "sure" ? "probability" : "log density", side: "right" }, thickness: 12, outlinewidth: 0, tickfont: { color: ink("quiet") } },
      };
    }
    return { ...base, color: palette[k] };
  }
  function quantiles(values) {
    const sorted = Float32Array.from(values).sort();
    return [sorted[Math.floor(0.01 * (sorted.length - 1))], sorted[sorted.length - 1]];
  }
  function rowTraces(x, y, how) {
    const members = range(K).map(() => []);
    rows.labels.forEach((k, i) => members[k].push(i));
    return [...shown].map((k) => ({
      type: SCATTER, mode: "markers", x: members[k].map((i) => rows.columns[x][i]), y: members[k].map((i) => rows.columns[y][i]),
      text: members[k].map((i) => hover(i, x, y)), hovertemplate: "%{text}<extra></extra>", marker: markerOf(how, k, members[k]), name: `rows of ${k}`,
    }));
  }
  function outlineTraces(x, y) {
    const palette = colors();
    return [...shown].flatMap((k) => MASSES.map((mass) => {
      const line = ellipse(k, x, y, mass);
      return {
        type: SCATTER, mode: "lines", x: line.map((point) => point[0]), y: line.map((point) => point[1]), hoverinfo: "skip", name: `ellipse of ${k}`,
        line: { color: palette[k], width: mass < 0.6 ? 2.2 : 1.5 },
        fill: K > MOST_FILLED ? "none" : "toself", fillcolor: faded(palette[k], mass < 0.6 ? 0.07 : 0.04),
      };
    }));
  }
  function centerTrace(x, y) {
    const own = [...shown], palette = colors();
    return {
      type: SCATTER, mode: "markers+text", x: own.map((k) => content.means[k][x]), y: own.map((k) => content.means[k][y]), name: "centers",
      text: own.map(String), textfont: { size: 12, weight: 700, color: own.map((k) => onDisk(palette[k])) }, textposition: "middle center",
      marker: { size: 22, color: own.map((k) => palette[k]), line: { color: ink("card"), width: 2 } },
      hovertemplate: own.map((k) => `<b>cluster ${k}</b><br>weight ${(100 * content.weights[k]).toFixed(1)}%<br>${plain(content.axes[x])}: ` +
        `${short(content.means[k][x])}<br>${plain(content.axes[y])}: ${short(content.means[k][y])}<extra></extra>`),
    };
  }
  function markedTrace(x, y) {
    const point = content.marked[marked];
    return {
      type: SCATTER, mode: "markers", x: [point[x]], y: [point[y]], name: "marked", hovertemplate: `<b>row ${marked + 1}</b><extra></extra>`,
      marker: { size: 18, symbol: "circle-open", color: ink("ink"), line: { width: 3 } },
    };
  }
  function cellsOf(x, y) {
    const { pairs, cells } = content.density, isTurned = x > y;
    const pair = pairs[isTurned ? `${y} ${x}` : `${x} ${y}`];
    pair.counts = typeof pair.counts === "string" ? unpacked(pair.counts, Uint32Array) : pair.counts;
    pair.owners = typeof pair.owners === "string" ? unpacked(pair.owners, Uint16Array) : pair.owners;
    const at = (column, row) => (isTurned ? column * cells + row : row * cells + column);
    const most = pair.counts.reduce((a, b) => Math.max(a, b), 1);
    return { cells, most, count: (column, row) => pair.counts[at(column, row)], owner: (column, row) => pair.owners[at(column, row)] };
  }
  const WEAKEST = 0.15;
  function densityTraces(x, y) {
    const { low, high } = content.density, { cells, most, count, owner } = cellsOf(x, y), palette = colors();
    const middle = (a) => range(cells).map((i) => low[a] + ((i + 0.5) * (high[a] - low[a])) / cells);
    return [...shown].map((k) => {
      const z = range(cells).map((row) => range(cells).map((column) => (owner(column, row) === k && count(column, row)) || null));
      return {
        type: "heatmap", x: middle(x), y: middle(y), z: z.map((line) => line.map((n) => n && Math.log1p(n))), zmin: 0, zmax: Math.log1p(most),
        colorscale: [[0, faded(palette[k], WEAKEST)], [1, faded(palette[k], 0.95)]], showscale: false, hoverongaps: false, name: `rows of ${k}`,
        text: z.map((line) => line.map((n) => (n ? `<b>${n.toLocaleString("en")} row${n > 1 ? "s" : ""}</b>, most of cluster ${k}` : ""))),
        hovertemplate: "%{text}<extra></extra>",
      };
    });
  }
  function painted(x, y) { // the same in a thumbnail
    const { cells, most, count, owner } = cellsOf(x, y), palette = colors().map(rgb);
    const canvas = make("canvas", { width: cells, height: cells }), pen = canvas.getContext("2d"), image = pen.createImageData(cells, cells);
    range(cells).forEach((row) => range(cells).forEach((column) => {
      const n = count(column, row), k = owner(column, row), strength = WEAKEST + ((0.95 - WEAKEST) * Math.log1p(n)) / Math.log1p(most);
      if (n && shown.has(k)) image.data.set([...palette[k], 255 * strength], 4 * ((cells - 1 - row) * cells + column));
    }));
    pen.putImageData(image, 0, 0);
    return canvas;
  }
  function histogram() {
    const { edges, counts } = content.histogram, width = edges[1] - edges[0], palette = colors();
    const low = edges[0], high = edges[edges.length - 1], fine = range(401).map((i) => low + ((high - low) * i) / 400);
    const middles = counts[0].map((_, i) => (edges[i] + edges[i + 1]) / 2);
    const bars = [...shown].map((k) => ({
      type: "bar", x: middles, y: counts[k], width: middles.map(() => width), marker: { color: faded(palette[k], 0.5), line: { width: 0 } },
      hovertemplate: `cluster ${k}: %{y} rows<extra></extra>`, name: `rows of ${k}`,
    }));
    const curves = [...shown].map((k) => ({
      type: "scatter", mode: "lines", x: fine, hoverinfo: "skip", line: { color: palette[k], width: 2.5 }, name: `curve of ${k}`,
      y: fine.map((x) => content.n_rows * width * content.weights[k] * bell(x, content.means[k][0], content.covariances[k][0][0])),
    }));
    return draw("#scatter", [...bars, ...curves], layout(axis(content.axes[0]), axis("rows", { rangemode: "tozero" }), { barmode: "stack" }));
  }
  function drawScatter() {
    if (content.histogram) return histogram();
    const [x, y] = [+one("#x").value, +one("#y").value], how = one("#color")?.value ?? "hard";
    const ground = rows ? rowTraces(x, y, how) : densityTraces(x, y);
    const traces = [...ground, ...outlineTraces(x, y), centerTrace(x, y)];
    if (marked !== null) traces.push(markedTrace(x, y));
    const notes = {
      hard: "", soft: "The colors of the two most probable clusters of a row mix.", sure: "Probability of the most probable cluster: what is red is uncertain.",
      likely: "Log density of the whole mixture: what is red is unusual.",
    };
    one("#scatter-note").textContent = [marked === null ? "" : `The ring is row ${marked + 1}.`, notes[how]].join(" ").trim();
    one("#scatter").setAttribute("aria-label", `Plot of ${content.axes[y]} against ${content.axes[x]}`);
    const revision = `${x} ${y}`; // a zoom stays while the axes do
    return draw("#scatter", traces, layout(axis(content.axes[x]), axis(content.axes[y]), { uirevision: revision }));
  }

  // --- the matrix of small plots -------------------------------------------------------------------------------------
  const separation = (a) => {
    const mean = content.weights.reduce((sum, w, k) => sum + w * content.means[k][a], 0);
    const between = content.weights.reduce((sum, w, k) => sum + w * (content.means[k][a] - mean) ** 2, 0);
    return between / (between + content.weights.reduce((sum, w, k) => sum + w * content.covariances[k][a][a], 0));
  };
  const named = D - content.n_principal;
  const inMatrix = range(named).sort((a, b) => separation(b) - separation(a)).slice(0, MOST_IN_THE_MATRIX).sort((a, b) => a - b);
  const reach = (a) => {
    if (content.density) return [content.density.low[a], content.density.high[a]];
    const column = rows.columns[a], low = column.reduce((p, q) => Math.min(p, q)), high = column.reduce((p, q) => Math.max(p, q));
    const margin = 0.05 * (high - low) || 1;
    return [low - margin, high + margin];
  };
  function sharp(size) {
    const ratio = window.devicePixelRatio || 1, canvas = make("canvas", { width: size * ratio, height: size * ratio });
    canvas.style.width = canvas.style.height = `${size}px`;
    canvas.getContext("2d").scale(ratio, ratio);
    return canvas;
  }
  function thumbnail(x, y) {
    const canvas = sharp(THUMBNAIL), pen = canvas.getContext("2d"), [left, right] = reach(x), [low, high] = reach(y), palette = colors();
    const px = (value) => ((value - left) / (right - left)) * THUMBNAIL, py = (value) => THUMBNAIL - ((value - low) / (high - low)) * THUMBNAIL;
    if (rows) {
      const step = Math.ceil(rows.labels.length / MOST_IN_A_THUMBNAIL);
      for (let i = 0; i < rows.labels.length; i += step) {
        if (!shown.has(rows.labels[i])) continue;
        pen.fillStyle = faded(palette[rows.labels[i]], 0.6);
        pen.fillRect(px(rows.columns[x][i]) - 1, py(rows.columns[y][i]) - 1, 2, 2);
      }
    } else {
      pen.drawImage(painted(x, y), 0, 0, THUMBNAIL, THUMBNAIL);
    }
    for (const k of shown) {
      pen.strokeStyle = palette[k];
      pen.lineWidth = 1.4;
      pen.beginPath();
      ellipse(k, x, y, 0.9).forEach(([u, v]) => pen.lineTo(px(u), py(v)));
      pen.stroke();
    }
    return canvas;
  }
  function curves(a) {
    const canvas = sharp(THUMBNAIL), pen = canvas.getContext("2d"), [left, right] = reach(a), palette = colors();
    const places = range(THUMBNAIL + 1), value = (p) => left + ((right - left) * p) / THUMBNAIL;
    const heights = (k) => places.map((p) => content.weights[k] * bell(value(p), content.means[k][a], content.covariances[k][a][a]));
    const top = Math.max(...range(K).flatMap(heights));
    for (const k of shown) {
      pen.beginPath();
      pen.moveTo(0, THUMBNAIL);
      heights(k).forEach((height, p) => pen.lineTo(p, THUMBNAIL - (0.68 * THUMBNAIL * height) / top));
      pen.lineTo(THUMBNAIL, THUMBNAIL);
      pen.fillStyle = faded(palette[k], 0.25);
      pen.fill();
      pen.strokeStyle = palette[k];
      pen.stroke();
    }
    return canvas;
  }
  function drawMatrix() {
    const place = one("#matrix");
    if (!place) return;
    place.style.gridTemplateColumns = `repeat(${inMatrix.length}, ${THUMBNAIL + 2}px)`;
    const focus = document.activeElement?.dataset.pair;
    place.replaceChildren(...inMatrix.flatMap((y, row) => inMatrix.map((x, column) => {
      if (column > row) return make("span");
      if (column === row) return make("div", { className: "diagonal", title: content.axes[x] }, make("span", { textContent: content.axes[x] }), curves(x));
      const button = make("button", { type: "button", title: `${content.axes[y]} against ${content.axes[x]}` }, thumbnail(x, y));
      button.setAttribute("aria-label", button.title);
      button.setAttribute("aria-pressed", String(+one("#x").value === x && +one("#y").value === y));
      button.dataset.pair = `${x} ${y}`;
      button.addEventListener("click", () => {
        [one("#x").value, one("#y").value] = [x, y];
        drawScatter();
        drawMatrix();
        one("#clusters").scrollIntoView();
      });
      return button;
    })));
    if (focus) one(`[data-pair="${focus}"]`)?.focus({ preventScroll: true });
  }

  // --- the other charts ----------------------------------------------------------------------------------------------
  function drawSureness() {
    const bins = range(10).map((i) => `${10 * i}–${10 * (i + 1)}%`), palette = colors();
    const first = Math.max(0, range(10).findIndex((i) => content.sureness.some((line) => line[i] > 0)));
    const traces = content.sureness.map((line, k) => ({
      type: "bar", x: bins.slice(first), y: line.slice(first), marker: { color: palette[k] }, hovertemplate: `cluster ${k}, %{x} sure: %{y} rows<extra></extra>`,
    }));
    return draw("#sureness", traces, layout(axis("probability of the assigned cluster", { type: "category" }), axis("rows"), { barmode: "stack", bargap: 0.08 }));
  }
  function drawConvergence() {
    if (!content.restarts.length) return;
    const ordered = content.restarts.filter((run) => run.x.length).sort((a, b) => a.best - b.best);
    const traces = ordered.map((run) => ({
      type: "scatter", mode: "lines+markers", x: run.x, y: run.y,
      line: { color: run.best ? ink("accent") : faded(isDark() ? "#a3aec0" : "#566072", 0.45), width: run.best ? 3 : 1.3 },
      marker: { size: run.x.map((_, i) => (i < run.x.length - 1 ? 0 : run.best ? 11 : 6)), opacity: 1, line: { width: 0 } },
      hovertemplate: `<b>start ${run.number}</b> (${plain(run.start)}), ${plain(run.ended)}<br>iteration %{x}: %{y:.6f}<extra></extra>`,
    }));
    const heights = (run) => run.y.filter((y) => y !== null);
    const kept = content.restarts.filter((run) => run.best).flatMap(heights), ends = ordered.flatMap((run) => run.y.slice(-1)).sort((a, b) => a - b);
    const high = Math.max(...ordered.flatMap(heights)); // what counts as one height looks like one
    const low = Math.min(...kept, ends[Math.floor(ends.length / 4)], high - 20 * content.sameHeight), margin = 0.06 * (high - low) || 1;
    const nBelow = ordered.filter((run) => Math.max(...heights(run)) < low - margin).length; // bad starts must not flatten the others
    if (nBelow) one("#convergence-note").textContent = `${nBelow > 1 ? `${nBelow} starts end` : "One start ends"} further down: double-click to see all.`;
    const up = axis(`${content.climbed} per row`, { range: [low - margin, high + margin] });
    return draw("#convergence", traces, layout(axis("iteration", { rangemode: "tozero" }), up));
  }
  function drawSelection() {
    if (!content.selection) return;
    const { criterion, lines, chosen, close, light, dark } = content.selection, palette = isDark() ? dark : light;
    const height = (above) => (above <= close ? above / close : 1 + Math.log10(above / close)); // linear, then logarithmic
    const most = Math.max(2 * close, ...lines.flatMap(({ above }) => above)), ticks = [0, close / 2, close];
    for (let power = close; power < most; power *= 10) ticks.push(3 * power, 10 * power);
    const shownTicks = ticks.filter((tick) => height(tick) <= 1.04 * height(most));
    const traces = lines.map(({ name, x, value, above, ended }, rank) => {
      const color = palette[rank] ?? faded(isDark() ? "#a3aec0" : "#566072", 0.5), sure = ended.map((how) => how === "converged");
      return {
        type: "scatter", mode: "lines+markers", name: palette[rank] ? plain(name) : "others", x, y: above.map(height), legendgroup: palette[rank] ? name : "others", showlegend: rank <= palette.length,
        line: { width: rank ? (palette[rank] ? 1.8 : 1) : 2.8, color },
        marker: { size: 7, color: sure.map((is) => (is ? color : ink("card"))), line: { width: 1.3, color } },
        text: value.map((each, i) => `<b>${plain(name)}</b>, ${x[i]} clusters, ${plain(ended[i])}<br>${plain(criterion)} ${short(each)}, ${above[i].toFixed(1)} above the best`),
        hovertemplate: "%{text}<extra></extra>",
      };
    }).reverse(); // the best on top
    traces.push({
      type: "scatter", mode: "markers", name: "this page", x: [chosen.x], y: [height(chosen.above)], marker: { symbol: "star", size: 18, color: ink("ink"), line: { color: ink("card"), width: 1.5 } },
      hovertemplate: `<b>chosen: ${plain(chosen.name)}, ${chosen.x} clusters</b><br>${plain(criterion)} ${short(chosen.value)}<extra></extra>`,
    });
    const levels = [...new Set(lines.flatMap(({ x }) => x))];
    const across = axis("number of clusters", levels.length <= 20 ? { tickmode: "array", tickvals: levels } : {});
    const up = axis(`${criterion} above the best`, {
      tickmode: "array", tickvals: shownTicks.map(height), ticktext: shownTicks.map((tick) => tick.toLocaleString("en")), range: [-0.12, 1.04 * height(most)],
    });
    const band = { type: "rect", xref: "paper", x0: 0, x1: 1, y0: 0, y1: 1, fillcolor: faded(palette[0], 0.1), line: { width: 0 }, layer: "below" };
    const more = { shapes: [band], showlegend: true, legend: { orientation: "h", y: -0.32, yanchor: "top", traceorder: "reversed" } };
    return draw("#selection", traces, layout(across, up, more));
  }
  function drawAll() {
    drawMatrix();
    return Promise.all([drawScatter(), drawSureness(), drawConvergence(), drawSelection()]);
  }

  // --- what a reader can change --------------------------------------------------------------------------------------
  for (const [select, start] of [["#x", 0], ["#y", 1]]) {
    if (!one(select)) continue;
    content.axes.forEach((name, at) => one(select).append(make("option", { value: at, textContent: name })));
    const best = inMatrix.slice().sort((a, b) => separation(b) - separation(a)).slice(0, 2).sort((a, b) => a - b);
    one(select).value = best[start] ?? start;
    one(select).addEventListener("change", () => {
      const [mine, other] = select === "#x" ? [one("#x"), one("#y")] : [one("#y"), one("#x")];
      if (mine.value === other.value) other.value = (+mine.value + 1) % D; // a column against itself shows nothing
      drawScatter();
      drawMatrix();
    });
  }
  one("#color")?.addEventListener("change", drawScatter);
  if (K > 1) {
    for (const k of range(K)) {
      const chip = make("button", { type: "button", className: `c${k}` }, make("i"), `${k} `);
      chip.setAttribute("aria-pressed", "true");
      chip.setAttribute("aria-label", `Cluster ${k}`);
      chip.addEventListener("click", () => {
        if (!shown.delete(k)) shown.add(k);
        chip.setAttribute("aria-pressed", String(shown.has(k)));
        drawScatter();
        drawMatrix();
      });
      one("#chips").append(chip);
    }
  }
  if (!content.histogram) {
    for (const button of document.querySelectorAll(".show")) {
      button.hidden = false;
      button.addEventListener("click", () => {
        marked = +button.dataset.row;
        drawScatter();
        one("#clusters").scrollIntoView();
      });
    }
  }
  await drawAll();
  document.documentElement.dataset.ready = "yes";
})();
