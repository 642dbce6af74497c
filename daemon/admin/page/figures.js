// What the tiles show of /status, and the rates between two of its answers.

import { bytes, count, short } from "./text.js";

// "stream 12, http 3".
const by_input = (connections) => Object.entries(connections).map(([input, open]) => `${input}\u00a0${count(open)}`).join(", ");

const sum = (object) => Object.values(object).reduce((a, b) => a + b, 0);

// Nothing where there is no answer before, or the daemon was restarted between them.
export function rates(status, before, seconds) {
  if (!before || before.pid !== status.pid || status.records < before.records || seconds <= 0) return {};
  return {
    records_per_s: (status.records - before.records) / seconds,
    mb_per_s: (status.bytes - before.bytes) / seconds / 1e6,
  };
}

// By the names in data-figure.
export function texts(status, { records_per_s, mb_per_s }) {
  const { spool } = status;
  return {
    records: count(status.records),
    bytes: bytes(status.bytes),
    rejects: count(sum(status.rejects)),
    connections: by_input(status.connections),
    connections_refused: count(status.connections_refused),
    sessions: count(status.sessions),
    memory_bytes: `${bytes(status.memory_bytes)} of ${bytes(status.memory_bytes_max)}`,
    records_per_sync: status.syncs > 0 ? short(status.records / status.syncs) : "–",
    records_per_s: records_per_s === undefined ? "–" : short(records_per_s),
    mb_per_s: mb_per_s === undefined ? "–" : short(mb_per_s),
    ack_p99_ms: short(status.ack_p99_ms),
    free_bytes: bytes(spool.free_bytes),
    segments: count(spool.segments),
    spool_bytes: bytes(spool.bytes),
    segments_compressed: count(spool.segments_compressed),
    segments_removed: count(spool.segments_removed),
    rejected_bytes: bytes(spool.rejected_bytes),
    lag_bytes: bytes(spool.position - spool.durable),
  };
}
