// A choice takes effect at once: it presses the button that would send it, and stops what was shown for another choice.
"use strict";
const key = `scroll ${location.pathname}`;
const before = sessionStorage.getItem(key);
if (before !== null) {
  sessionStorage.removeItem(key);
  scrollTo(0, Number(before));
}
for (const field of document.querySelectorAll("select[data-shows]")) {
  const button = document.getElementById(field.dataset.shows);
  const stopped = document.getElementById(field.dataset.stops || "");
  const follow = () => {
    if (stopped && "shown" in field.dataset) {
      stopped.disabled = field.value !== field.dataset.shown;
    }
  };
  button.hidden = true;
  follow();
  field.addEventListener("change", () => {
    follow();
    sessionStorage.setItem(key, String(scrollY));
    field.form.requestSubmit(button);
  });
}
for (const field of document.querySelectorAll("[data-picks]")) {
  field.addEventListener("input", () => {
    document.getElementById(field.dataset.picks).checked = true;
  });
}
