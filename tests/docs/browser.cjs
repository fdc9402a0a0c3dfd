// Gives the page at ADDRESS (argument 2) a FILE (3), then one without numbers, in Chromium (1); prints what it showed as JSON.
const { chromium } = require("playwright-core");

(async () => {
  const [executablePath, address, file] = process.argv.slice(2);
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  const page = await browser.newPage();
  await page.goto(address);
  await page.setInputFiles("#file", file);
  await page.click("button");
  await page.waitForFunction(() => document.querySelector("#found table") || /rror/.test(document.getElementById("status").textContent), null, { timeout: 400000 });
  const seen = { found: await page.innerText("body"), circles: await page.locator("circle").count() };
  await page.setInputFiles("#file", { name: "words.csv", mimeType: "text/csv", buffer: Buffer.from("a,b\nred,blue\n") });
  await page.click("button");
  await page.waitForFunction(() => /must/.test(document.getElementById("status").textContent), null, { timeout: 60000 });
  seen.refused = await page.innerText("#status");
  console.log(JSON.stringify(seen));
  await browser.close();
})().catch((error) => { console.error(error); process.exit(1); });
