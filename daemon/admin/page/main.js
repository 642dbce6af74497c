// The page: asks the daemon every two seconds while someone looks at it, and shows what it says.

import { advice } from "./advice.js";
import { Charts } from "./charts.js";
import { CLIENTS, CONNECTIONS, EVENTS, REJECTS, eventRows } from "./columns.js";
import { rates, texts } from "./figures.js";
import { SortedTable } from "./table.js";
import { age } from "./text.js";

const PERIOD_MS = 2000;
const PATIENCE_MS = 10000;

const byId = (id) => document.getElementById(id);
const figures = [...document.querySelectorAll("[data-figure]")];
const charts = new Charts();
const view = byId("clients-view");

const table = (id, columns, sort, filter) =>
  new SortedTable(byId(id), columns, { sort, filter, note: byId(`${id}-note`), search: byId(`${id}-search`) });
const clients = table("clients", CLIENTS, "-records");
const rejects = table("rejects", REJECTS, "-last");
const onlyWarnings = byId("events-warnings");
const events = table("events", EVENTS, "-number", (row) => !onlyWarnings.checked || /warn|error/.test(row.level));

let before = null;  // the last answer of /status, and when it came
let connections = { clients: [], connections: [] };

async function ask(path) {
  const response = await fetch(path, { signal: AbortSignal.timeout(PATIENCE_MS), cache: "no-store" });
  if (!response.ok) throw new Error(`${path} answered ${response.status}`);
  return response.json();
}

function showStatus(status) {
  const now_s = performance.now() / 1000;
  const between = rates(status, before?.status, now_s - before?.now_s);
  before = { status, now_s };
  const shown = texts(status, between);
  for (const figure of figures) figure.textContent = shown[figure.dataset.figure];
  charts.add({ ...between, ack_p99_ms: status.ack_p99_ms }, now_s);
  showState(status.state);
  showText("advice", advice(status));
  byId("about").textContent = `version ${status.version}, process ${status.pid}, up ${age(status.uptime_s * 1000)}`;
}

// Of the daemon, or that it has not said one: a page that stays green would claim what nobody knows.
function showState(word) {
  const state = byId("state");
  if (state.dataset.state === word) return;
  state.dataset.state = word;
  state.textContent = word.replaceAll("_", " ");
  document.title = word === "ok" ? "crawlspool" : `${state.textContent} – crawlspool`;
}

// An alert is read out when its text changes, and only then; without text it is not there.
function showText(id, text) {
  const place = byId(id);
  place.hidden = text === "";
  if (place.textContent !== text) place.textContent = text;
}

function showConnections() {
  const byClient = view.value === "clients";
  clients.show(byClient ? connections.clients : connections.connections);
  const all = byClient ? connections.clients_total : connections.total;
  if (all > clients.rows.length) clients.note.textContent += `; of ${all} in all, the busiest`;
}

function showTrouble(failed) {
  const missing = failed.find(({ path }) => path === "/status");
  if (missing) {
    showState("no_answer");
    showText("advice", "");
  }
  const { reason } = missing ?? failed[0] ?? {};
  showText("trouble", reason ? `No answer: ${reason.message}. What is shown is from before.` : "");
}

async function refresh() {
  const parts = [
    ["/status", showStatus],
    ["/connections", (answer) => { connections = answer; showConnections(); }],
    ["/rejects", (answer) => rejects.show(answer.rejects)],
    ["/events", (answer) => events.show(eventRows(answer.events))],
  ];
  const done = await Promise.allSettled(parts.map(async ([path, show]) => show(await ask(path))));
  showTrouble(parts.map(([path], part) => ({ path, ...done[part] })).filter((one) => one.status === "rejected"));
}

// One round after the other, none while nobody looks.
async function run() {
  const begun = performance.now();
  if (!document.hidden) await refresh();
  setTimeout(run, Math.max(200, PERIOD_MS - (performance.now() - begun)));
}

view.addEventListener("change", () => {
  clients.setColumns(view.value === "clients" ? CLIENTS : CONNECTIONS, "-records");
  showConnections();
});
onlyWarnings.addEventListener("change", () => events.draw());
run();
