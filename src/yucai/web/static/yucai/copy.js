// Copies what stands beside a button. Without this file, or where the browser forbids it, the text can be marked by hand.
"use strict";
for (const button of document.querySelectorAll("button[data-copy]")) {
  const told = document.getElementById(button.dataset.copy);
  const before = button.textContent;
  if (!told || !navigator.clipboard) {
    continue;
  }
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(told.textContent);
    button.textContent = button.dataset.done;
    window.setTimeout(() => {
      button.textContent = before;
    }, 2000);
  });
}
