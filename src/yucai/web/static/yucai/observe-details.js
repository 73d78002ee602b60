// What else can be said of one behaviour: its form, to whom, what went before and what followed. Every part is optional.
import { button, element, said, word } from "./observe-dom.js";

const PLACES = ["peer", "adult", "object", "group"];

export function details(recording, event) {
  const { scheme, children, record } = recording;
  const given = event.details;
  const set = (name, value) =>
    recording.detail(event.tap, (held) => ({ ...held, [name]: held[name] === value ? null : value }));
  const modifiers = scheme.modifiers.filter((modifier) => modifier.of.includes(event.code));
  const modify = (name, value) =>
    recording.detail(event.tap, (held) => {
      const { [name]: before, ...others } = held.modifiers || {};
      return { ...held, modifiers: before === value ? others : { ...others, [name]: value } };
    });
  const others = children.filter((child) => child !== record.child);
  return element(
    "div",
    { class: "details" },
    modifiers.map((modifier) =>
      row(said(modifier.name), modifier.values.map((value) => ({ value: value.code, name: said(value.name) })), given.modifiers?.[modifier.code], (value) => modify(modifier.code, value)),
    ),
    row(word("target"), PLACES.map((value) => ({ value, name: word(value) })), given.target, (value) => set("target", value), whom(others, given.target, (value) => set("target", value))),
    row(word("antecedents"), codes(scheme.antecedents), given.antecedent, (value) => set("antecedent", value)),
    row(word("consequences"), codes(scheme.consequences), given.consequence, (value) => set("consequence", value)),
    element(
      "div",
      { class: "more" },
      number(word("density"), given.density, (value) => put(recording, event, "density", value)),
      number(word("distance"), given.adult_distance_m, (value) => put(recording, event, "adult_distance_m", value)),
      field(word("materials"), { type: "text", maxlength: 100, autocomplete: "off", value: given.materials ?? "" }, (input) => put(recording, event, "materials", input.value.trim() || null)),
    ),
  );
}

const codes = (listed) => listed.map((code) => ({ value: code.code, name: said(code.name) }));

function row(name, choices, chosen, choose, more = null) {
  const chips = choices.map((choice) =>
    button({ class: "chip", "aria-pressed": String(choice.value === chosen), onclick: () => choose(choice.value) }, choice.name),
  );
  return element("div", { class: "row", role: "group", "aria-label": name }, element("b", {}, name), chips, more);
}

function whom(children, chosen, choose) {
  const empty = element("option", { value: "" }, word("child"));
  const options = children.map((child) => element("option", { value: child, selected: child === chosen }, child));
  return element("select", { "aria-label": word("child"), onchange: (event) => event.target.value && choose(event.target.value) }, empty, options);
}

function number(name, value, change) {
  const given = { type: "number", min: 0, max: 100, step: "any", inputmode: "decimal", value: value ?? "" };
  return field(name, given, (input) => change(input.value === "" || !input.validity.valid ? null : Number(input.value)));
}

function field(name, given, change) {
  return element("label", {}, name, element("input", { ...given, onchange: (event) => change(event.target) }));
}

function put(recording, event, name, value) {
  return recording.detail(event.tap, (held) => ({ ...held, [name]: value }));
}
