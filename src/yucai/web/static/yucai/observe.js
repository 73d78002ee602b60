// The recording page: my turns, today first; how much lies on this device; and the way into a recording and out of it.
import { button, clockText, element, language, newNumber, said, word } from "./observe-dom.js";
import { resumed } from "./observe-clock.js";
import { addRecord, allRecords, changeRecord, removeRecord } from "./observe-store.js";
import { body, exposure } from "./observe-replay.js";
import { hurry, keptTurns, onChange, standing } from "./observe-send.js";
import { Recording } from "./observe-record.js";

const ALIVE_MS = 8000; // a tab that is alive has written a beat since
const main = document.getElementById("main");
const state = document.getElementById("state");
const tab = (sessionStorage.observeTab ??= newNumber()); // stays through a reload, differs from tab to tab
let recording = null;
let ready = null; // the turn that is about to be begun
let news = null; // what to tell on the list, once

// --- records that a page left behind

async function takeUp() {
  for (const record of await allRecords()) {
    if (record.state !== "running" || record.uuid === recording?.record.uuid) continue;
    const mine = record.tab === tab;
    if (!mine && record.ended === null && Date.now() - record.beat.wall < ALIVE_MS) continue; // another tab is at it
    const found = record.ended !== null ? { ended: record.ended } : resumed(record);
    if (found.elapsed !== undefined && record.account === standing.account && !recording) begin(record, found.elapsed);
    else if (found.ended !== undefined) await close(record, found.ended);
  }
}

// Ends a record that nobody goes on with, at the last moment at which it was surely watched.
async function close(record, ended) {
  const closed = { ...record, ended, state: "ended" };
  if (!(exposure(closed) > 0)) return removeRecord(record.uuid); // nothing of it was watched long enough to count
  if (record.ended === null) news = word("cut", { child: record.child, at: clockText(ended) });
  return changeRecord(record.uuid, () => closed);
}

async function begin(record, elapsed) {
  const plan = standing.turns.plans[record.plan];
  const scheme = plan && standing.turns.schemes[plan.scheme];
  if (!scheme) return;
  await changeRecord(record.uuid, (lying) => ({ ...lying, tab }));
  const leave = (why) => {
    recording = null;
    ready = null;
    document.body.classList.remove("watching");
    news = { "handed-in": null, "thrown-away": word("thrownAway"), elsewhere: word("elsewhere") }[why];
    show();
    hurry();
  };
  showState(await allRecords());
  recording = new Recording({ record: { ...record, tab }, simulated: plan.simulated, scheme, children: plan.children, tab, elapsed, leave });
  document.body.classList.add("watching");
  main.replaceChildren(recording.root);
}

async function start(turn, first) {
  const plan = standing.turns.plans[turn.plan];
  const scheme = standing.turns.schemes[plan.scheme];
  const now = new Date();
  const record = {
    uuid: newNumber(),
    account: standing.account,
    turn: turn.pk,
    plan: turn.plan,
    child: turn.child,
    setting_name: settingName(turn),
    mode: plan.mode,
    seconds: plan.seconds,
    interval_s: plan.interval_s,
    states: scheme.behaviours.filter((code) => code.kind === "state").map((code) => code.code),
    starts: now.toISOString(),
    taps: first ? [{ code: first, at: 0 }] : [],
    beat: { elapsed: 0, wall: now.getTime() },
    ended: null,
    state: "running",
    tab,
  };
  await addRecord(record);
  await begin(record, (Date.now() - now.getTime()) / 1000);
}

function settingName(turn) {
  const scheme = standing.turns.schemes[standing.turns.plans[turn.plan].scheme];
  const found = scheme.settings.find((code) => code.code === turn.setting);
  return found ? said(found.name) : turn.setting;
}

// --- the list

async function show() {
  const records = await allRecords();
  showState(records);
  if (recording) return;
  if (ready) return main.replaceChildren(readyScreen(ready));
  const parts = [
    element("h1", { class: "sr" }, word("title")),
    news ? element("p", { class: "news", role: "status" }, news) : null,
    ...records.filter((record) => record.state === "refused").map(refusedPanel),
    ...records.filter((record) => record.state === "running").map(runningPanel),
    simulatedMark(Object.values(standing.turns?.plans ?? {}).some((plan) => plan.simulated)),
    ...lists(records),
  ];
  main.replaceChildren(...parts.filter(Boolean));
}

// What was pressed is gone from the page: who goes by keyboard or by ear goes on at the top of what came instead.
async function showAnew() {
  await show();
  main.focus();
  scrollTo(0, 0);
}

function showState(records) {
  const lying = records.length;
  const mine = records.filter((record) => record.account === standing.account).length;
  const text = [];
  if (lying) text.push(word(lying === 1 ? "lyingOne" : "lyingMany", { n: lying }));
  else text.push(word("allHandedIn"));
  if (lying && standing.account !== null && mine < lying) text.push(word("ofOthers", { n: lying - mine }));
  if (standing.network === "offline") text.push(word("offline"));
  if (standing.network === "not-allowed") text.push(word("notAllowed"));
  const sign = standing.network === "signed-out" ? [word("signedOut"), " ", element("a", { href: word("signInUrl") }, word("signIn"))] : [];
  state.className = lying ? "waits" : "clear";
  state.replaceChildren(text.join(" "), sign.length ? " " : "", ...sign);
}

function lists(records) {
  const given = standing.turns;
  if (!given) return [element("p", { class: "empty" }, standing.network === "unknown" ? word("fetching") : word("noTurnsKept"))];
  const lying = new Set(records.map((record) => record.turn));
  const today = dayOf(new Date());
  const severalPlans = Object.keys(given.plans).length > 1;
  const open = given.turns.filter((turn) => !turn.done && !lying.has(turn.pk));
  const groups = [
    ["today", given.turns.filter((turn) => dayOf(new Date(turn.starts)) === today)],
    ["coming", open.filter((turn) => dayOf(new Date(turn.starts)) > today).slice(0, 30)],
    ["missed", open.filter((turn) => dayOf(new Date(turn.starts)) < today).reverse()],
  ];
  return groups
    .filter(([name, turns]) => turns.length || name === "today")
    .map(([name, turns]) => {
      const inside = turns.length ? element("ol", { class: "turns" }, turns.map((turn) => turnItem(turn, { lying, dated: name !== "today", severalPlans }))) : element("p", { class: "empty" }, word("noneToday"));
      return name === "missed"
        ? element("details", {}, element("summary", {}, element("h2", {}, `${word(name)} (${turns.length})`)), inside)
        : element("section", {}, element("h2", {}, word(name)), inside);
    });
}

function turnItem(turn, { lying, dated, severalPlans }) {
  const starts = new Date(turn.starts);
  const marks = [
    turn.second ? element("small", { class: "mark" }, word("second")) : null,
    turn.done ? element("small", { class: "mark done" }, word("done")) : null,
    lying.has(turn.pk) ? element("small", { class: "mark lies" }, word("lies")) : null,
  ];
  const time = moment(starts, { hour: "2-digit", minute: "2-digit" });
  const day = dated ? moment(starts, { month: "short", day: "numeric", weekday: "short" }) : null;
  const open = () => {
    news = null;
    ready = turn;
    showAnew();
  };
  return element(
    "li",
    {},
    button(
      { class: "turn", onclick: open },
      element("span", { class: "when" }, day ? element("small", {}, day) : null, time),
      element("strong", {}, turn.child),
      element("span", { class: "where" }, settingName(turn), severalPlans ? element("small", {}, standing.turns.plans[turn.plan].name) : null),
      element("span", { class: "marks" }, marks),
    ),
  );
}

// Times are those of the place where children are watched, whatever zone the device is set to.
const locale = () => (language === "zh" ? "zh-CN" : "en-GB");
const moment = (at, parts) => at.toLocaleString(locale(), { timeZone: standing.turns.zone, hour12: false, ...parts });
const dayOf = (at) => at.toLocaleDateString("sv-SE", { timeZone: standing.turns.zone }); // as 2026-11-27
const simulatedMark = (is) => (is ? element("p", { class: "simulated", role: "note" }, word("simulated")) : null);

// --- before the beginning

function readyScreen(turn) {
  const plan = standing.turns.plans[turn.plan];
  const scheme = standing.turns.schemes[plan.scheme];
  const starts = new Date(turn.starts);
  const off = Math.abs(Date.now() - starts.getTime()) > plan.seconds * 1000;
  const planned = moment(starts, { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" });
  const states = plan.mode === "timed-event" ? scheme.behaviours.filter((code) => code.kind === "state") : [];
  const back = () => {
    ready = null;
    showAnew();
  };
  const once = (first) => (event) => {
    for (const other of main.querySelectorAll("button")) other.disabled = true;
    return start(turn, first).catch((fault) => {
      event.target.after(element("p", { class: "fault", role: "alert" }, word("notWritten", { reason: fault?.name || "" })));
    });
  };
  return element(
    "section",
    { class: "ready" },
    button({ class: "back", onclick: back }, "‹ ", word("back")),
    simulatedMark(plan.simulated),
    element("h1", {}, turn.child),
    element("p", { class: "lead" }, settingName(turn), " · ", word("lasts", { n: Math.round(plan.seconds / 6) / 10 }), turn.second ? ` · ${word("second")}` : ""),
    element("p", {}, word(`mode-${plan.mode}`, { n: plan.interval_s })),
    off ? element("p", { class: "note" }, word("offTime", { planned })) : null,
    turn.done ? element("p", { class: "note" }, word("again")) : null,
    turn.second ? element("p", { class: "note" }, word("together")) : null,
    states.length ? element("h2", {}, word("nowDoing")) : null,
    element("div", { class: "first" }, states.map((code) => button({ class: "state", onclick: once(code.code) }, said(code.name)))),
    button({ class: "main begin", onclick: once(null) }, word(states.length ? "beginPlain" : "begin")),
  );
}

// --- what is not right

const asked = new Set(); // records of which somebody said once that they may go: kept while the page is drawn anew

function refusedPanel(record) {
  const again = async () => {
    await changeRecord(record.uuid, (lying) => ({ ...lying, state: "ended", said: undefined }));
    await hurry();
  };
  const sure = asked.has(record.uuid);
  const drop = async () => {
    if (sure) await removeRecord(record.uuid);
    else asked.add(record.uuid);
    await show();
  };
  const file = URL.createObjectURL(new Blob([JSON.stringify(body(record), null, 1)], { type: "application/json" }));
  return element(
    "section",
    { class: "refused", role: "alert" },
    element("h2", {}, word("refused", { child: record.child })),
    element("ul", {}, (record.said || []).map((line) => element("li", {}, line))),
    element("div", { class: "choices" }, button({ onclick: again }, word("sendAgain")), element("a", { class: "button", href: file, download: `record-${record.uuid}.json` }, word("saveFile")), button({ class: sure ? "alarm" : "", onclick: drop }, word(sure ? "throwAwaySure" : "throwAway"))),
  );
}

function runningPanel(record) {
  const here = async () => {
    if (record.account === standing.account) await begin(record, resumed(record).elapsed ?? record.beat.elapsed);
  };
  return element("section", { class: "running" }, element("p", {}, word("inOtherTab", { child: record.child })), button({ onclick: here }, word("goOnHere")));
}

// --- setting out

async function setOut() {
  const safe = "serviceWorker" in navigator;
  document.getElementById("plain").hidden = safe;
  if (safe) navigator.serviceWorker.register(word("workerUrl")).catch(() => (document.getElementById("plain").hidden = false));
  navigator.storage?.persist?.();
  await keptTurns();
  await takeUp();
  await show();
  onChange(async () => {
    await takeUp();
    await show();
  });
  await hurry();
}

setOut().catch((fault) => {
  state.className = "waits";
  state.textContent = word("noStore", { reason: fault?.name || "" });
});
