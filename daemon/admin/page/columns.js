// The columns of the tables.

import { age, bytes, count, time } from "./text.js";

const text = (key) => (row) => String(row[key] ?? "");
const named = (key, title) => ({ key, title, kind: "name", text: text(key) });
const number = (key, title, show = count) => ({ key, title, kind: "number", text: (row) => show(row[key]) });

export const CLIENTS = [
  named("client", "Client"),
  named("address", "Address"),
  number("connections", "Connections"),
  number("records", "Records"),
  number("rejects", "Rejects"),
  number("bytes", "Bytes", bytes),
  number("oldest_age_ms", "Oldest", age),
];

export const CONNECTIONS = [
  named("client", "Client"),
  named("peer", "Address"),
  named("stream", "Stream"),
  { key: "via", title: "Via", kind: "time", text: text("via") },
  { key: "state", title: "State", kind: "time", text: text("state") },
  number("records", "Records"),
  number("rejects", "Rejects"),
  number("bytes", "Bytes", bytes),
  number("age_ms", "Age", age),
  number("idle_ms", "Idle", age),
];

export const REJECTS = [
  { key: "last", title: "Last", kind: "time", text: (row) => time(row.last) },
  named("client", "Client"),
  named("stream", "Stream"),
  named("address", "Address"),
  { key: "code", title: "Reason", kind: "time", text: text("code") },
  number("count", "Rejects"),
  { key: "detail", title: "The last one", kind: "wide", text: (row) => row.detail + (row.seq ? `, seq ${row.seq}` : "") },
];

const value = (v) => (typeof v === "string" && (v === "" || /[\s"=]/.test(v)) ? JSON.stringify(v) : String(v));

export const EVENTS = [
  { key: "number", title: "Time", kind: "time", text: (row) => time(row.ts) },
  { key: "level", title: "Level", kind: "time", text: text("level"), mark: (row) => `level-${row.level}` },
  { key: "event", title: "Event", kind: "time", text: text("event") },
  { key: "fields", title: "Details", kind: "wide", text: text("fields") },
];

// /events as rows: what is not the same for all is put into one text.
export const eventRows = (events) =>
  events.map(({ ts, level, event, ...fields }, number) => ({
    number,
    ts,
    level,
    event,
    fields: Object.entries(fields).map(([key, v]) => `${key}=${value(v)}`).join(" "),
  }));
