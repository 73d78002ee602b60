// The screen on which one child is watched. Buttons never move: what changes stands above them.
import { asked, byInterval, exposure, replay, unanswered } from "./observe-replay.js";
import { button, clockText, element, explain, said, word } from "./observe-dom.js";
import { details } from "./observe-details.js";
import { changeRecord, removeRecord } from "./observe-store.js";
import { Clock } from "./observe-clock.js";

const PRESS_MS = 550;
const BEAT_MS = 2000;
const TICK_MS = 200;
const LAST_WORD_MS = 30000; // after the time is up: to undo or to answer the last question, then it goes by itself
const LOG_LINES = 4;

export class Recording {
  constructor({ record, simulated, scheme, children, tab, elapsed, leave }) {
    Object.assign(this, { record, simulated, scheme, children, tab, leave });
    this.clock = new Clock({ elapsed });
    this.chosen = null; // the event whose details are shown
    this.k = 0;
    this.beaten = 0;
    this.overAt = null;
    this.sure = false;
    this.names = new Map(
      [...scheme.behaviours, ...scheme.antecedents, ...scheme.consequences].map((code) => [code.code, said(code.name)]),
    );
    this.build();
    this.timer = setInterval(() => this.tick(), TICK_MS);
    this.seen = () => this.look();
    document.addEventListener("visibilitychange", this.seen);
    this.stayAwake();
    this.show();
    this.tick();
  }

  // --- what is written to the device

  // Writes the whole record where it lies, unless another tab has taken it over.
  async write(durability = "strict") {
    const mine = { ...this.record };
    try {
      const lies = await changeRecord(mine.uuid, (lying) => (lying.tab === this.tab ? mine : null), durability);
      if (!lies || lies.tab !== this.tab) this.stop("elsewhere");
    } catch (fault) {
      this.warn(word("notWritten", { reason: fault?.name || "" }));
    }
  }

  tap(code) {
    const { record } = this;
    const at = record.ended ?? this.clock.look();
    if (byInterval(record)) {
      const k = asked(record, Math.min(at, record.seconds));
      if (k < 1) return;
      record.taps.push({ code, k });
    } else {
      if (record.ended !== null) return;
      record.taps.push({ code, at: Math.min(at, record.seconds) });
      this.chosen = null;
    }
    record.beat = this.clock.beat();
    navigator.vibrate?.(15);
    this.show();
    return this.write();
  }

  undo() {
    if (!this.record.taps.pop()) return;
    this.chosen = null;
    this.show();
    return this.write();
  }

  detail(tap, change) {
    tap.details = change(tap.details || {});
    this.show();
    return this.write();
  }

  end() {
    this.record.ended = Math.min(this.clock.look(), this.record.seconds);
    this.show();
    return this.write();
  }

  goOn() {
    this.record.ended = null;
    this.overAt = null;
    this.show();
    return this.write();
  }

  async handIn() {
    if (!(exposure(this.record) > 0)) return;
    this.record.state = "ended";
    await this.write();
    this.stop("handed-in");
  }

  async throwAway() {
    if (!this.sure) {
      this.sure = true;
      this.show();
      return;
    }
    await removeRecord(this.record.uuid);
    this.stop("thrown-away");
  }

  stop(why) {
    if (this.timer === null) return;
    clearInterval(this.timer);
    this.timer = null;
    document.removeEventListener("visibilitychange", this.seen);
    this.lock?.release?.();
    this.leave(why);
  }

  // --- time

  tick() {
    const { record } = this;
    const at = this.clock.look();
    if (record.ended === null && at >= record.seconds) {
      record.ended = record.seconds;
      this.overAt = Date.now();
      navigator.vibrate?.([200, 100, 200, 100, 400]);
      this.show();
      this.write();
    }
    const shown = Math.min(record.ended ?? at, record.seconds);
    this.face.textContent = clockText(shown);
    this.line.value = Math.min(shown / record.seconds, 1);
    if (record.ended === null && Date.now() - this.beaten > BEAT_MS) {
      this.beaten = Date.now();
      record.beat = this.clock.beat();
      this.write("relaxed");
    }
    this.runningFor(at);
    if (byInterval(record)) this.ask(shown);
    if (this.overAt && !this.sure && Date.now() - this.overAt > LAST_WORD_MS) this.handIn();
  }

  runningFor(at) {
    for (const place of this.root.querySelectorAll("[data-since]")) {
      place.textContent = clockText((this.record.ended ?? at) - Number(place.dataset.since));
    }
  }

  ask(at) {
    const k = asked(this.record, at);
    if (k === this.k) return;
    if (this.k || k > 1) navigator.vibrate?.([120, 60, 120]);
    this.k = k;
    this.question.classList.remove("new");
    void this.question.offsetWidth; // so that the signal plays again
    this.question.classList.add("new");
    this.show();
  }

  look() {
    if (document.visibilityState === "hidden") {
      this.clock.hide();
      this.record.beat = this.clock.beat();
      this.write();
    } else {
      this.stayAwake();
      this.tick();
    }
  }

  async stayAwake() {
    try {
      this.lock = await navigator.wakeLock?.request("screen");
    } catch {
      this.lock = null; // a low battery or a browser that will not: taps are on the device all the same
    }
  }

  // --- what is seen

  build() {
    const { record, scheme } = this;
    this.face = element("strong", { class: "face", role: "timer" }, "00:00");
    this.line = element("progress", { max: 1, value: 0, "aria-label": word("time") });
    this.question = element("p", { class: "question", "aria-live": "polite" });
    this.log = element("div", { class: "log" });
    this.fault = element("p", { class: "fault", role: "alert", hidden: true });
    const all = [...scheme.behaviours, ...scheme.antecedents, ...scheme.consequences];
    this.root = element(
      "section",
      { class: "recording" },
      element(
        "header",
        {},
        element("div", { class: "whom" }, element("h1", {}, record.child), element("span", {}, record.setting_name, this.simulated ? ` · ${word("simulatedShort")}` : "")),
        element("div", { class: "time" }, this.face, element("span", {}, ` / ${clockText(record.seconds)}`)),
        button({ class: "info", "aria-label": word("allCodes"), onclick: () => explain(all) }, "?"),
        this.line,
      ),
      this.fault,
      byInterval(record) ? this.question : null,
      this.log,
      element("div", { class: "codes" }, this.group("behaviours", "big"), this.group("antecedents", "small"), this.group("consequences", "small")),
      element(
        "div",
        { class: "bar" },
        (this.undoing = button({ class: "undo", onclick: () => this.undo() }, word("undo"))),
        (this.ending = button({ class: "end", onclick: () => this.end() }, word("end"))),
      ),
    );
  }

  group(name, size) {
    const none = byInterval(this.record) && name === "behaviours" ? this.codeButton({ code: null }) : null;
    const heading = word(name);
    const codes = this.scheme[name].map((code) => this.codeButton(code));
    return element("div", { class: `group ${size}`, role: "group", "aria-label": heading }, size === "small" ? element("h2", {}, heading) : null, element("div", {}, codes, none));
  }

  codeButton(code) {
    const name = code.code === null ? word("none") : said(code.name);
    const made = button({ class: code.kind || "none", "data-code": code.code ?? "" }, element("span", {}, name), element("i", {}));
    let press = null;
    let long = false;
    const begin = () => {
      long = false;
      if (code.code === null) return;
      press = setTimeout(() => {
        long = true;
        explain([code]);
      }, PRESS_MS);
    };
    const cancel = () => clearTimeout(press);
    made.addEventListener("pointerdown", begin);
    for (const kind of ["pointerup", "pointerleave", "pointercancel"]) made.addEventListener(kind, cancel);
    made.addEventListener("contextmenu", (event) => event.preventDefault());
    made.addEventListener("click", () => {
      if (!long) this.tap(code.code);
      long = false;
    });
    return made;
  }

  show() {
    const { record } = this;
    const found = replay(record);
    const over = record.ended !== null;
    for (const made of this.root.querySelectorAll("[data-code]")) this.mark(made, found, over);
    this.undoing.disabled = record.taps.length === 0;
    this.ending.hidden = over;
    this.root.classList.toggle("over", over && !byInterval(record)); // nothing is left to tap: room for the details
    if (byInterval(record)) this.question.textContent = this.questionText();
    this.fill([...(over ? this.finish() : []), ...this.lines(found)]);
  }

  // Puts new lines above the buttons; what was scrolled stays where it was as long as the same event is open.
  fill(parts) {
    const open = `${this.record.taps.length} ${this.record.ended}`;
    const same = open === this.open;
    const scrolled = same ? [...this.log.querySelectorAll(".row")].map((row) => row.scrollLeft) : [];
    const { scrollTop } = this.log;
    this.open = open;
    this.log.replaceChildren(...parts);
    this.log.scrollTop = same ? scrollTop : 0;
    [...this.log.querySelectorAll(".row")].forEach((row, n) => (row.scrollLeft = scrolled[n] ?? 0));
  }

  mark(made, found, over) {
    const code = made.dataset.code || null;
    const since = made.querySelector("i");
    if (byInterval(this.record)) {
      const scored = found.seen.get(this.k);
      made.setAttribute("aria-pressed", String(code === null ? scored?.size === 0 : Boolean(scored?.has(code))));
      made.disabled = this.k < 1 || (over && this.k * this.record.interval_s > exposure(this.record));
      return;
    }
    const running = found.running?.code === code;
    made.disabled = over;
    made.setAttribute("aria-pressed", String(running));
    since.textContent = "";
    if (running) since.dataset.since = found.running.onset;
    else delete since.dataset.since;
  }

  questionText() {
    const { record, k } = this;
    const step = record.interval_s;
    const facts = { k, of: Math.round(record.seconds / step), from: clockText((k - 1) * step), to: clockText(k * step) };
    if (k < 1) return word("firstQuestion", { at: clockText(step) });
    return word({ "partial-interval": "askPartial", "whole-interval": "askWhole", momentary: "askMoment" }[record.mode], facts);
  }

  lines(found) {
    const latest = found.events.slice(-LOG_LINES).reverse();
    const acts = new Set(this.scheme.behaviours.map((code) => code.code));
    const act = found.events.findLast((event) => acts.has(event.code)); // what was noted before or after hides nothing
    const shown = this.chosen ?? (act && this.asks(act.code) ? act.tap : null);
    return latest.flatMap((event) => {
      const line = this.logLine(event, acts, event.tap === shown);
      return event.tap === shown ? [line, details(this, event)] : [line];
    });
  }

  asks(code) {
    return this.scheme.modifiers.some((modifier) => modifier.of.includes(code));
  }

  logLine(event, acts, open) {
    const until = event.offset === null ? "" : `–${clockText(event.offset)}`;
    const text = [element("time", {}, clockText(event.onset) + until), " ", this.names.get(event.code)];
    if (!acts.has(event.code)) return element("p", { class: "entry" }, text);
    const choose = () => {
      this.chosen = open ? {} : event.tap;
      this.show();
    };
    return button({ class: "entry", "aria-expanded": String(open), onclick: choose }, text, element("small", {}, word("details")));
  }

  finish() {
    const { record } = this;
    const long = exposure(record);
    const open = unanswered(record);
    return [
      element(
        "div",
        { class: "finish", role: "status" },
        element("p", {}, element("strong", {}, word("ended", { at: clockText(long) })), " ", long > 0 ? null : word("tooShort")),
        open ? element("p", {}, word("unanswered", { n: open })) : null,
        element(
          "div",
          { class: "choices" },
          long > 0 ? button({ class: "main", onclick: () => this.handIn() }, word("handIn")) : null,
          this.clock.look() < record.seconds ? button({ onclick: () => this.goOn() }, word("goOn")) : null,
          button({ class: this.sure ? "alarm" : "", onclick: () => this.throwAway() }, word(this.sure ? "throwAwaySure" : "throwAway")),
        ),
      ),
    ];
  }

  warn(text) {
    this.fault.textContent = text;
    this.fault.hidden = false;
  }
}
