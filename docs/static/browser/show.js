// Shows what fit_csv.py found: a table of components, and the rows in the plane of the first two columns.
const COLORS = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#000000", "#999999"];
const color = (component) => COLORS[component % COLORS.length];
const rounded = (value) => Number(value.toPrecision(4)).toString();

function element(name, attributes = {}, text = "") {
  const namespace = ["svg", "circle", "text"].includes(name) ? "http://www.w3.org/2000/svg" : "http://www.w3.org/1999/xhtml";
  const made = document.createElementNS(namespace, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.textContent = text;
  return made;
}

function table(found) {
  const made = element("table");
  const head = element("tr");
  for (const name of ["component", "weight", ...found.names]) head.append(element("th", {}, name));
  made.append(head);
  found.weights.forEach((weight, component) => {
    const row = element("tr");
    row.append(element("td", { style: `color: ${color(component)}` }, `\u25cf ${component}`));
    row.append(element("td", {}, `${(100 * weight).toFixed(1)} %`));
    found.names.forEach((_, feature) => {
      const mean = rounded(found.means[component][feature]);
      row.append(element("td", {}, `${mean} \u00b1 ${rounded(found.deviations[component][feature])}`));
    });
    made.append(row);
  });
  return made;
}

function picture(found, width = 640, height = 420, margin = 40) {
  const made = element("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img" });
  const scale = (axis, from, to) => {
    const values = found.points.map((point) => point[axis]);
    const [low, high] = [Math.min(...values), Math.max(...values)];
    return (value) => from + ((value - low) / (high - low || 1)) * (to - from);
  };
  const [x, y] = [scale(0, margin, width - 10), scale(1, height - margin, 10)];
  for (const [first, second, component] of found.points) {
    made.append(element("circle", { cx: x(first), cy: y(second), r: 3, fill: color(component), "fill-opacity": 0.6 }));
  }
  made.append(element("text", { x: width / 2, y: height - 8 }, found.names[0]));
  made.append(element("text", { x: 4, y: 14 }, found.names[Math.min(1, found.names.length - 1)]));
  return made;
}

function labelled(found) {
  const rows = found.labels.join("\n");
  const link = element("a", { download: "labels.csv", href: `data:text/csv,component%0A${encodeURIComponent(rows)}` });
  link.textContent = "labels.csv";
  return link;
}

export function show(found, place) {
  const said = `${found.n_rows} rows, ${found.weights.length} components, BIC ${found.bic.toFixed(1)}. The component of each row: `;
  const line = element("p", {}, said);
  line.append(labelled(found));
  place.replaceChildren(line, table(found), picture(found));
}
