// Small help for building the page: elements, and the words that the page brought in its language.

const words = document.getElementById("words").dataset;
export const language = document.documentElement.lang.startsWith("zh") ? "zh" : "en";

// A word of the page; {n} and the like are filled in.
export function word(name, facts = {}) {
  const said = words[name.replace(/-(\w)/g, (_, letter) => letter.toUpperCase())];
  if (said === undefined) throw new Error(`no word ${name}`);
  return said.replace(/\{(\w+)\}/g, (_, fact) => facts[fact] ?? "");
}

export const said = (text) => text[language];

export function element(tag, given = {}, ...inside) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...inside.flat().filter((one) => one !== null && one !== undefined && one !== false));
  return made;
}

export const button = (given, ...inside) => element("button", { type: "button", ...given }, ...inside);

export function clockText(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  return `${String(Math.floor(whole / 60)).padStart(2, "0")}:${String(whole % 60).padStart(2, "0")}`;
}

// A number made on this device. crypto.randomUUID needs https; its source of chance does not.
export function newNumber() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

// What a code means, with examples: a sheet from below that any tap closes.
export function explain(codes) {
  const sheet = document.getElementById("sheet");
  const parts = codes.map((code) => [
    element("h2", {}, said(code.name)),
    element("p", {}, said(code.definition)),
    code.includes.length ? element("p", { class: "yes" }, element("b", {}, word("counts")), " ", code.includes.map(said).join(language === "zh" ? "；" : "; ")) : null,
    code.excludes.length ? element("p", { class: "no" }, element("b", {}, word("countsNot")), " ", code.excludes.map(said).join(language === "zh" ? "；" : "; ")) : null,
  ]);
  sheet.replaceChildren(...parts.flat().filter(Boolean), button({ class: "main", onclick: () => sheet.close() }, word("close")));
  sheet.showModal();
  sheet.scrollTop = 0;
}
