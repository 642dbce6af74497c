// What a state other than ok means for the one who looks, why it is so, and what to do.

import { bytes } from "./text.js";

const ADVICE = {
  slow: () => "Records come faster than they reach the disk: clients wait, and nothing is lost. If it stays so, see what else uses the disk, or raise limits.memory_bytes_max.",
  disk_full: ({ spool }) =>
    `The spool takes nothing: ${bytes(spool.free_bytes)} are free for ${spool.directory}, of which spool.keep_free_bytes keeps ${bytes(spool.keep_free_bytes)}. Clients wait, and nothing is lost. Free some space, or lower spool.keep_free_bytes, or let spool.retention_bytes_max remove old segments; the daemon then goes on by itself.`,
  no_descriptors: () => "The daemon can open no more files, so the spool takes nothing. Clients wait, and nothing is lost. Raise LimitNOFILE= of its unit, or lower limits.connections_max; it goes on by itself once descriptors are free.",
  failed: ({ spool }) => `The disk under ${spool.directory} has failed, and the daemon ends. What was acknowledged before is there. See its log for the error, fix the disk, then start it again.`,
  draining: () => "The daemon is being stopped: it takes in nothing more.",
};

// Nothing where all is well.
export function advice(status) {
  const text = ADVICE[status.state]?.(status);
  if (!text) return "";
  return status.state_detail ? `${text} (${status.state_detail})` : text;
}
