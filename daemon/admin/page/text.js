// Figures as people read them.

const whole = new Intl.NumberFormat("en");

export const count = (n) => whole.format(n);

// Three digits, and all of a thousand.
export const short = (n) => (n >= 100 ? whole.format(Math.round(n)) : String(Number(n.toPrecision(3))));

export function bytes(n) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
  let unit = 0;
  while (n >= 1024 && unit + 1 < units.length) {
    n /= 1024;
    unit += 1;
  }
  return `${short(n)} ${units[unit]}`;
}

export function age(ms) {
  const s = Math.floor(ms / 1000);
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  if (s < 86400) return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
  return `${Math.floor(s / 86400)} d ${Math.floor((s % 86400) / 3600)} h`;
}

// Of a timestamp as the daemon writes it: the reader's own clock, and the day where it is not today's.
export function time(timestamp) {
  const when = new Date(timestamp);
  if (Number.isNaN(when.getTime())) return String(timestamp);
  const clock = when.toLocaleTimeString("en-GB");
  return when.toDateString() === new Date().toDateString() ? clock : `${when.toLocaleDateString("en-CA")} ${clock}`;
}
