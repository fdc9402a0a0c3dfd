// Opens a report (argument 1) in Chromium (argument 2), uses it, and prints what it saw as JSON.
const { chromium } = require("playwright-core");
const { readFileSync } = require("node:fs");
const { pathToFileURL } = require("node:url");

(async () => {
  const [file, executablePath] = process.argv.slice(2);
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--enable-unsafe-swiftshader"] });
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, colorScheme: "light" });
  const seen = { errors: [], requests: [], faults: [], themes: [] };
  page.on("console", (message) => message.type() === "error" && seen.errors.push(message.text()));
  page.on("pageerror", (error) => seen.errors.push(error.message));
  page.on("dialog", (dialog) => { seen.errors.push(`dialog ${dialog.message()}`); dialog.dismiss(); });
  page.on("request", (request) => /^(file|data|blob):/.test(request.url()) || seen.requests.push(request.url()));
  await page.goto(pathToFileURL(file).href);
  await page.waitForSelector("html[data-ready]", { timeout: 120000 });

  const plot = (what) => page.evaluate(`(() => { const plot = document.getElementById("scatter"); return ${what}; })()`);
  const audit = async () => {
    const results = await page.evaluate("axe.run()");
    seen.faults.push(...results.violations.filter(({ impact }) => ["serious", "critical"].includes(impact)).map(({ id, nodes }) => `${id}: ${nodes[0].html}`));
  };
  await page.evaluate(readFileSync(require.resolve("axe-core/axe.min.js"), "utf8"));
  await audit();
  seen.themes.push(await page.evaluate("document.documentElement.dataset.theme"));
  await page.click("#theme");
  seen.themes.push(await page.evaluate("document.documentElement.dataset.theme"));
  await audit();

  seen.traces = await plot("plot.data.length");
  await page.click("#chips button >> nth=0");
  seen.toggled = await plot("plot.data.length");
  await page.click("#chips button >> nth=0");
  if (await page.$("#matrix")) {
    [seen.axis_before, seen.data_before] = await plot("[plot.layout.xaxis.title.text, JSON.stringify(plot.data[0].x.slice(0, 5))]");
    await page.selectOption("#x", "2");
    [seen.axis_after, seen.data_after] = await plot("[plot.layout.xaxis.title.text, JSON.stringify(plot.data[0].x.slice(0, 5))]");
    await page.click('[data-pair="0 1"]');
    seen.thumbnail = await page.evaluate('document.querySelector(\'[data-pair="0 1"]\').getAttribute("aria-pressed") === "true"');
  }
  if (await page.$(".show:not([hidden])")) {
    await page.click(".show >> nth=0");
    seen.marked = await plot('plot.data.some((trace) => trace.name === "marked")');
  }
  seen.selection = await page.evaluate('document.getElementById("selection")?.data.map(({ name, x, y }) => ({ name, x, y }))');
  seen.convergence = await page.evaluate('document.getElementById("convergence")?.data.map(({ y }) => y[y.length - 1])');
  await page.setViewportSize({ width: 390, height: 800 });
  const fits = page.waitForFunction("document.documentElement.scrollWidth <= 390", null, { timeout: 10000 });
  seen.overflow = await fits.then(() => false, () => true); // the charts follow the window after a moment
  await browser.close();
  process.stdout.write(JSON.stringify(seen));
})();
