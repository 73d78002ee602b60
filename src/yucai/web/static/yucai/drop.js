// Lets files be dropped on the field, and sends them as soon as they are chosen. Without this file the button does it.
"use strict";
for (const field of document.querySelectorAll("form.drop")) {
  const input = field.querySelector("input[type=file]");
  const send = () => {
    if (input.files.length) {
      field.classList.add("sending");
      field.requestSubmit();
    }
  };
  field.classList.add("ready");
  input.addEventListener("change", send);
  for (const kind of ["dragenter", "dragover"]) {
    field.addEventListener(kind, (event) => {
      event.preventDefault();
      field.classList.add("over");
    });
  }
  for (const kind of ["dragleave", "drop"]) {
    field.addEventListener(kind, () => field.classList.remove("over"));
  }
  field.addEventListener("drop", (event) => {
    event.preventDefault();
    input.files = event.dataTransfer.files;
    send();
  });
}
