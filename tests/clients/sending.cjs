// A learning tool built on @xapi/xapi: sends, asks, keeps state and voids, and prints what it was told.
//     node sending.cjs ENDPOINT BASIC-CREDENTIAL VERSION ADAPTER
const { createHash, webcrypto } = require("node:crypto");

globalThis.crypto ??= webcrypto;
const XAPI = require("@xapi/xapi");

const [endpoint, auth, version, adapter] = process.argv.slice(2);
const xapi = new XAPI({ endpoint, auth, version, adapter });
// In Node.js axios writes its own content type over that of a multipart body, so attachments go by fetch.
const carrier = new XAPI({ endpoint, auth, version, adapter: "fetch" });
const home = "https://lms.example.edu";
const learner = (name) => ({ objectType: "Agent", account: { homePage: home, name } });
const quiz = (name) => ({
  objectType: "Activity",
  id: `${home}/quiz/${name}`,
  definition: { name: { "en-US": `Quiz ${name}`, "zh-CN": `测验${name}` } },
});
const answered = (who, what, raw) => ({
  actor: learner(who),
  verb: XAPI.Verbs.ANSWERED,
  object: quiz(what),
  result: { score: { raw, min: 0, max: 10 }, success: raw >= 6 },
  timestamp: "2026-03-03T08:00:00Z",
});
const all = async (params) => {
  const told = [];
  let page = (await xapi.getStatements(params)).data;
  for (;;) {
    told.push(...page.statements);
    if (!page.more) return told;
    page = (await xapi.getMoreStatements({ more: page.more })).data;
  }
};

async function attachment() {
  const text = "光学实验报告 lab report";
  const content = new TextEncoder().encode(text).buffer;
  const statement = {
    ...answered("01", "report", 8),
    attachments: [
      {
        usageType: "http://id.tincanapi.com/attachment/supporting_media",
        display: { "en-US": "Report" },
        contentType: "text/plain",
        length: content.byteLength,
        sha2: createHash("sha256").update(Buffer.from(content)).digest("hex"),
      },
    ],
  };
  const [statementId] = (await carrier.sendStatement({ statement, attachments: [content] })).data;
  const back = (await carrier.getStatement({ statementId, attachments: true })).data;
  return { id: statementId, whole: JSON.stringify(back).includes(text) };
}

async function state() {
  const place = { agent: learner("01"), activityId: `${home}/quiz/1`, stateId: "bookmark" };
  await xapi.setState({ ...place, state: { page: 3 } });
  const first = await xapi.getState(place);
  await xapi.createState({ ...place, state: { done: true } });
  const merged = (await xapi.getState(place)).data;
  let refused = "";
  try {
    await xapi.setState({ ...place, state: {}, etag: first.headers.etag, matchHeader: "If-Match" });
  } catch (problem) {
    refused = problem.response ? `${problem.response.status} ${problem.response.data}` : problem.message;
  }
  const names = (await xapi.getStates({ agent: place.agent, activityId: place.activityId })).data;
  await xapi.deleteState(place);
  return { merged, refused, names, left: (await xapi.getStates({ agent: place.agent, activityId: place.activityId })).data };
}

async function main() {
  const about = (await xapi.getAbout()).data.version;
  const [single] = (await xapi.sendStatement({ statement: answered("01", "1", 7) })).data;
  const learners = Array.from({ length: 12 }, (_, n) => String(n + 1).padStart(2, "0"));
  const batch = learners.flatMap((who, n) => ["2", "3", "4", "5", "6"].map((what, k) => answered(who, what, (3 * n + 5 * k) % 11)));
  const sent = (await xapi.sendStatements({ statements: batch })).data;
  const seen = { actor: learner("01"), verb: { id: "http://adlnet.gov/expapi/verbs/experienced" }, object: quiz("page"), timestamp: "2026-03-03T09:00:00Z" };
  await xapi.sendStatements({ statements: [seen, { ...seen, timestamp: "2026-03-03T09:30:00Z" }] });
  const [wrong] = (await xapi.sendStatement({ statement: answered("01", "7", 10) })).data;
  await xapi.voidStatement({ actor: learner("01"), statementId: wrong });
  const voided = (await xapi.getVoidedStatement({ voidedStatementId: wrong })).data.id;
  const asked = await all({ agent: learner("01"), verb: XAPI.Verbs.ANSWERED.id, limit: 2 });
  const file = await attachment();
  const profile = { agent: learner("01"), profileId: "likes" };
  await xapi.createAgentProfile({ ...profile, profile: { colour: "blue" } });
  process.stdout.write(
    JSON.stringify({
      about, single, sent, wrong, voided, file,
      asked: asked.map((one) => one.object.id),
      person: (await xapi.getAgent({ agent: learner("01") })).data.account,
      activity: (await xapi.getActivity({ activityId: `${home}/quiz/1` })).data.definition.name,
      profile: (await xapi.getAgentProfile(profile)).data,
      state: await state(),
    }),
  );
}

main().catch((problem) => {
  process.stderr.write(`${problem.stack}\n${JSON.stringify(problem.response?.data ?? "")}\n`);
  process.exit(1);
});
