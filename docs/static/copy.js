// A button on every example, which copies what can be typed: lines behind prompts without them, and no output.
document.addEventListener("DOMContentLoaded", () => {
  for (const block of document.querySelectorAll("div.highlight")) {
    const button = document.createElement("button");
    button.className = "copy-example";
    button.textContent = "copy";
    button.addEventListener("click", async () => {
      const lines = block.querySelector("pre").textContent.split("\n");
      const typed = lines.filter((line) => /^(>>>|\.\.\.|\$)( |$)/.test(line));
      const text = typed.length ? typed.map((line) => line.replace(/^(>>>|\.\.\.|\$) ?/, "")) : lines;
      await navigator.clipboard.writeText(text.join("\n"));
      button.textContent = "copied";
    });
    block.append(button);
  }
});
