// Hands records in, one by one, as soon as there is a network and the right account; each lies on the device until the
// server has said yes to it. Sending twice is no harm: the server knows a record by its number.
import { word } from "./observe-dom.js";
import { allRecords, changeRecord, keep, kept, removeRecord } from "./observe-store.js";
import { body } from "./observe-replay.js";

const PAUSES_S = [3, 5, 10, 20, 40, 60];
const PATIENCE_MS = 20000;

// How things stand: "unknown", "ok", "offline", "signed-out" or "not-allowed".
export const standing = { network: "unknown", account: null, turns: null };
let token = "";
let busy = false;
let failures = 0;
let timer = null;
let told = () => {};

export function onChange(act) {
  told = act;
}

async function ask(address, more = {}) {
  const stop = new AbortController();
  const late = setTimeout(() => stop.abort(), PATIENCE_MS);
  try {
    return await fetch(address, { redirect: "manual", cache: "no-store", signal: stop.signal, ...more });
  } finally {
    clearTimeout(late);
  }
}

// Fetches my turns and the token of the forms; what comes is kept on the device for times without a network.
export async function fetchTurns() {
  let answer;
  let given;
  try {
    answer = await ask(word("turnsUrl"), { headers: { Accept: "application/json" } });
    given = answer.ok ? await answer.json() : null;
  } catch {
    standing.network = "offline";
    return false;
  }
  if (answer.type === "opaqueredirect") standing.network = "signed-out";
  else if (answer.status === 403) standing.network = "not-allowed";
  else if (given === null) standing.network = "offline";
  else {
    ({ token } = given);
    delete given.token;
    await keep("turns", given);
    Object.assign(standing, { network: "ok", account: given.account, turns: given });
  }
  return standing.network === "ok";
}

export async function keptTurns() {
  const given = await kept("turns");
  if (given && !standing.turns) Object.assign(standing, { account: given.account, turns: given });
}

// Goes round once now, and again by itself as long as something waits.
export async function goRound() {
  if (busy) return;
  busy = true;
  clearTimeout(timer);
  try {
    const there = await fetchTurns();
    const waits = there ? await sendAll() : true;
    failures = there && !waits ? 0 : failures + 1;
  } finally {
    busy = false;
    const pause = failures ? PAUSES_S[Math.min(failures, PAUSES_S.length) - 1] : PAUSES_S.at(-1);
    timer = setTimeout(goRound, pause * 1000);
    await told();
  }
}

// Something new is to be sent, or the network may be back: start over with short pauses.
export function hurry() {
  failures = 0;
  return goRound();
}

async function sendAll() {
  const waiting = (await allRecords()).filter((one) => one.state === "ended" && one.account === standing.account);
  let left = false;
  for (const record of waiting) {
    if (!(await sendOne(record))) left = true;
    await told();
  }
  return left;
}

async function sendOne(record) {
  let answer;
  let given;
  try {
    answer = await ask(word("recordsUrl"), {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": token },
      body: JSON.stringify(body(record)),
    });
    given = answer.headers.get("Content-Type")?.startsWith("application/json") ? await answer.json() : null;
  } catch {
    standing.network = "offline";
    return false;
  }
  if (answer.type === "opaqueredirect") standing.network = "signed-out";
  if (answer.ok && given?.taken === true && given.uuid === record.uuid) {
    markDone(record.turn);
    await removeRecord(record.uuid);
    return true;
  }
  if (given?.taken === false) {
    await changeRecord(record.uuid, (lying) => ({ ...lying, state: "refused", said: given.said }));
    return true;
  }
  return false;
}

function markDone(turn) {
  const found = standing.turns?.turns.find((one) => one.pk === turn);
  if (found) found.done = true;
}

addEventListener("online", hurry);
addEventListener("pageshow", (event) => event.persisted && hurry());
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && hurry());
