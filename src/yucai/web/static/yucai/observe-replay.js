// From taps to what was seen. A record is its taps in order and nothing else, so undoing is dropping the last one.
// Pure: no clock, no page, no storage.

const BY_INTERVAL = ["partial-interval", "whole-interval", "momentary"];
const tenth = (seconds) => Math.round(seconds * 10) / 10;

export const byInterval = (record) => BY_INTERVAL.includes(record.mode);

// The interval that is scored now, from 1: the one that runs (partial), the one just over (whole, momentary);
// 0 while none can be scored yet.
export function asked(record, elapsed) {
  const n = Math.round(record.seconds / record.interval_s);
  const over = Math.min(Math.floor(elapsed / record.interval_s + 1e-9), n);
  return record.mode === "partial-interval" ? Math.min(over + 1, n) : over;
}

// What was observed, in seconds: whole intervals only where intervals are scored.
export function exposure(record) {
  if (record.ended === null) return null;
  const step = record.interval_s;
  return byInterval(record) ? Math.floor(record.ended / step + 1e-9) * step : tenth(record.ended);
}

export function replay(record) {
  return byInterval(record) ? scored(record) : noted(record);
}

function noted(record) {
  const events = [];
  let running = null;
  for (const tap of record.taps) {
    const lasts = record.mode === "timed-event" && record.states.includes(tap.code);
    if (lasts && running) running.offset = tap.at;
    if (lasts && running?.code === tap.code) {
      running.ends = true;
      running = null;
      continue;
    }
    const event = { code: tap.code, onset: tap.at, offset: null, lasts, details: tap.details || {}, tap };
    if (lasts) running = event;
    events.push(event);
  }
  return { events, running };
}

function scored(record) {
  const seen = new Map();
  const answered = new Set();
  for (const tap of record.taps) {
    const codes = seen.get(tap.k) || new Set();
    if (tap.code === null) codes.clear();
    else if (codes.has(tap.code)) codes.delete(tap.code);
    else codes.add(tap.code);
    seen.set(tap.k, codes);
    answered.add(tap.k);
  }
  return { events: [], running: null, seen, answered };
}

export function rows(record) {
  const end = exposure(record);
  if (byInterval(record)) return intervalRows(record, end);
  return noted(record).events.map((event) => {
    const onset = Math.min(tenth(event.onset), end);
    const offset = event.lasts ? Math.max(Math.min(tenth(event.offset ?? end), end), onset) : null;
    return { code: event.code, onset_s: onset, offset_s: offset, ...columns(event.details) };
  });
}

function intervalRows(record, end) {
  const found = [];
  const step = record.interval_s;
  for (const [k, codes] of [...scored(record).seen].sort((one, other) => one[0] - other[0])) {
    if (k * step > end + 1e-9) continue; // the interval was not watched to its end
    const moment = record.mode === "momentary";
    const span = moment ? { onset_s: k * step, offset_s: null } : { onset_s: (k - 1) * step, offset_s: k * step };
    for (const code of codes) found.push({ code, ...span });
  }
  return found;
}

function columns(details) {
  const given = {};
  const modifiers = Object.entries(details.modifiers || {}).map(([name, value]) => `${name}=${value}`);
  if (modifiers.length) given.modifiers = modifiers.join(";");
  for (const name of ["target", "antecedent", "consequence", "materials", "density", "adult_distance_m"]) {
    if (details[name] !== undefined && details[name] !== null && details[name] !== "") given[name] = details[name];
  }
  return given;
}

// What is sent: the same record gives the same text, however often it is sent.
export function body(record) {
  return { uuid: record.uuid, turn: record.turn, starts: record.starts, exposure_s: exposure(record), rows: rows(record) };
}

// How many intervals nobody scored; they count as not seen.
export function unanswered(record) {
  if (!byInterval(record) || record.ended === null) return 0;
  const n = Math.round(exposure(record) / record.interval_s);
  const { answered } = scored(record);
  let open = 0;
  for (let k = 1; k <= n; k += 1) if (!answered.has(k)) open += 1;
  return open;
}
