// Draws the charts of each section from the rows in its data-rows, by Chart.js: the rates as bars, the latencies as
// curves. To the right goes the share of records that were acked within a time, so that each nine takes as much room as
// the one before; upwards that time. HTTP is dashed and Redis dotted, so that curves differ without colours, too.
"use strict";

const SHARES = [[0.5, "50 %"], [0.9, "90 %"], [0.99, "99 %"], [0.999, "99.9 %"], [0.9999, "99.99 %"]];
const DASHES = { http: [6, 3], redis: [1.5, 3] };

const nines = (share) => -Math.log10(1 - share);
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const compact = new Intl.NumberFormat("en", { notation: "compact" });
const digits = (n) => (n >= 100 ? Math.round(n) : Number(n.toPrecision(3))).toLocaleString("en");

function duration(us) {
  if (us < 1000) return `${us} us`;
  return us < 1e6 ? `${digits(us / 1e3)} ms` : `${digits(us / 1e6)} s`;
}

function axis(more) {
  const { ticks, grid, title, ...others } = more;
  return {
    grid: { color: colour("line"), drawBorder: false, ...grid },
    ticks: { color: colour("soft"), maxRotation: 0, ...ticks },
    title: { display: title !== undefined, text: title, color: colour("soft") },
    ...others,
  };
}

function bars(canvas, rows) {
  return new Chart(canvas, {
    type: "bar",
    data: {
      labels: rows.map(({ title, rate_text }) => [title, rate_text]),
      datasets: [{
        data: rows.map(({ rate }) => rate),
        backgroundColor: rows.map(({ mode }) => colour(mode)),
        barThickness: 14,
        borderRadius: 3,
        minBarLength: 2,
      }],
    },
    options: {
      indexAxis: "y",
      events: [],
      scales: {
        x: axis({ beginAtZero: true, ticks: { maxTicksLimit: 5, callback: (rate) => compact.format(rate) } }),
        y: axis({ grid: { display: false }, ticks: { color: colour("ink"), autoSkip: false } }),
      },
    },
  });
}

function curve({ mode, title, transport, curve: points }) {
  return {
    label: title,
    data: points.map(([x, y, name]) => ({ x, y, name })),
    borderColor: colour(mode),
    borderDash: DASHES[transport],
    borderWidth: 2,
    pointRadius: points.map(([, , name]) => (name ? 3.5 : 0)),
    pointBackgroundColor: colour(mode),
    pointBorderColor: colour("paper"),
    pointBorderWidth: 1,
  };
}

function curves(canvas, rows) {
  const decades = rows.flatMap((row) => row.curve).map(([, us]) => Math.log10(us));
  const low = Math.floor(Math.min(...decades));
  const high = Math.max(Math.ceil(Math.max(...decades)), low + 1);
  const ticks = Array.from({ length: high - low + 1 }, (_, index) => ({ value: 10 ** (low + index) }));
  return new Chart(canvas, {
    type: "line",
    data: { datasets: rows.map(curve) },
    options: {
      parsing: false,
      plugins: {
        legend: { display: true, position: "bottom", labels: { color: colour("ink"), boxWidth: 24, boxHeight: 0 } },
        tooltip: {
          filter: ({ raw }) => raw.name !== undefined,
          callbacks: {
            title: () => "",
            label: ({ raw, dataset }) => `${dataset.label}: ${raw.name} ${duration(raw.y)}`,
          },
        },
      },
      scales: {
        x: axis({
          type: "linear",
          min: 0,
          max: nines(SHARES.at(-1)[0]),
          title: "of the records acked within that time",
          afterBuildTicks: (scale) => { scale.ticks = SHARES.map(([share]) => ({ value: nines(share) })); },
          ticks: { autoSkip: false, callback: (_, index) => SHARES[index][1] },
        }),
        y: axis({
          type: "logarithmic",
          min: 10 ** low,
          max: 10 ** high,
          afterBuildTicks: (scale) => { scale.ticks = ticks; },
          ticks: { callback: duration },
        }),
      },
    },
  });
}

let charts = [];

function draw() {
  charts.forEach((chart) => chart.destroy());
  charts = [...document.querySelectorAll("[data-rows]")].flatMap((section) => {
    const rows = JSON.parse(section.dataset.rows);
    const [first, second] = section.querySelectorAll("canvas");
    return [bars(first, rows), curves(second, rows)];
  });
}

Object.assign(Chart.defaults, { animation: false, responsive: true, maintainAspectRatio: false });
Chart.defaults.font.family = "system-ui, sans-serif";
Chart.defaults.plugins.legend.display = false;
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
draw();
