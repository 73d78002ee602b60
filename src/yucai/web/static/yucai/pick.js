// "All on this page": ticks every box that belongs to the form, and shows when only some are ticked.
"use strict";
const all = document.getElementById("pick-all");
const boxes = Array.from(document.querySelectorAll('input[type=checkbox][name=row][form=several]'));
if (all && boxes.length > 1) {
  all.closest("label").hidden = false;
  const tell = () => {
    const ticked = boxes.filter((box) => box.checked).length;
    all.checked = ticked === boxes.length;
    all.indeterminate = ticked > 0 && ticked < boxes.length;
  };
  all.addEventListener("change", () => {
    for (const box of boxes) box.checked = all.checked;
    tell();
  });
  for (const box of boxes) box.addEventListener("change", tell);
  tell();
}
