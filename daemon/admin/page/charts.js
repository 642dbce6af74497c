// The last minutes of three figures as lines. Chart.js comes from Debian's libjs-chart.js.

import { short } from "./text.js";

const SPAN_S = 300;
const CHARTS = [
  { id: "chart-records", figure: "records_per_s", colour: "--records" },
  { id: "chart-bytes", figure: "mb_per_s", colour: "--bytes" },
  { id: "chart-acks", figure: "ack_p99_ms", colour: "--acks" },
];

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function options() {
  const ticks = { color: colour("--soft"), maxRotation: 0, font: { size: 11 } };
  const grid = { color: colour("--edge"), drawBorder: false };
  return {
    animation: false,
    responsive: true,
    maintainAspectRatio: false,
    parsing: false,
    events: [],
    plugins: { legend: { display: false }, tooltip: { enabled: false } },
    scales: {
      x: {
        type: "linear",
        min: -SPAN_S,
        max: 0,
        grid: { display: false },
        ticks: { ...ticks, stepSize: 60, callback: (s) => (s === 0 ? "now" : `${-s / 60} min`) },
      },
      y: { beginAtZero: true, suggestedMax: 1, grid, ticks: { ...ticks, maxTicksLimit: 5, callback: short } },
    },
  };
}

export class Charts {
  constructor() {
    this.samples = [];
    this.charts = CHARTS.map((chart) => this.make(chart));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.recolour());
  }

  make({ id, colour: name }) {
    const line = { data: [], borderWidth: 1.5, pointRadius: 0, fill: true };
    line.borderColor = colour(name);
    line.backgroundColor = `${colour(name)}33`;
    return new Chart(document.getElementById(id), { type: "line", data: { datasets: [line] }, options: options() });
  }

  // `figures`: what is drawn, at `now_s`; one that is not known yet leaves a gap.
  add(figures, now_s) {
    this.samples.push({ now_s, figures });
    while (this.samples[0].now_s < now_s - SPAN_S) this.samples.shift();
    this.charts.forEach((chart, index) => {
      const { figure } = CHARTS[index];
      chart.data.datasets[0].data = this.samples.map(({ now_s: s, figures: f }) => ({ x: s - now_s, y: f[figure] ?? NaN }));
      chart.update("none");
      this.describe(chart.canvas, figure);
    });
  }

  describe(canvas, figure) {
    const values = this.samples.map(({ figures }) => figures[figure]).filter(Number.isFinite);
    if (values.length === 0) return;
    const [what] = canvas.ariaLabel.split(":");
    canvas.ariaLabel = `${what}: now ${short(values.at(-1))}, at most ${short(Math.max(...values))}`;
  }

  recolour() {
    this.charts.forEach((chart, index) => {
      const name = CHARTS[index].colour;
      Object.assign(chart.data.datasets[0], { borderColor: colour(name), backgroundColor: `${colour(name)}33` });
      chart.options = options();
      chart.update("none");
    });
  }
}
