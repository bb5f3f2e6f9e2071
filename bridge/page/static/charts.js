// Charts on canvas: lines told apart by dashes as well as colours, a legend that reads values, a table beside each.

import { BASE, details, drawn, el, figure, now, table, utc, words } from "./dom.js";
import { headers } from "./link.js";

const uPlot = globalThis.uPlot;
const DASHES = [[], [10, 4], [3, 3], [12, 3, 3, 3], [6, 2], [1, 4]];
const POINTS = 300;
const hue = (line, at) => 1 + ((line.hue ?? at) % 5);
const live = new Map(); // host -> how it is drawn
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** A number of an axis, short enough to be whole: −1.2M, 500K, 0.62. */
function short(value) {
  const text = Math.abs(value).toLocaleString("en-US", { notation: "compact", maximumFractionDigits: Math.abs(value) < 1 ? 2 : 1 });
  return value < 0 ? `−${text}` : text;
}

function draw(host) {
  const { x, lines, time, kind, readout, made } = live.get(host);
  made?.destroy();
  const axis = { stroke: colour("--muted"), grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line") }, font: "12px system-ui, sans-serif" };
  const series = lines.map((line, at) => ({
    label: line.label, stroke: colour(line.ink ? "--ink" : `--line${hue(line, at)}`), width: line.ink ? 2.5 : 1.75,
    dash: DASHES[line.dash ?? at % DASHES.length], points: { show: x.length < 2 },
  }));
  const read = (plot) => {
    const at = plot.cursor.idx ?? x.length - 1;
    const place = time ? utc(x[at]) : `at ${figure(x[at], 2)} USD`;
    readout.textContent = x.length ? `${place}: ${lines.map((line) => `${line.label} ${words(line.values[at], kind)}`).join(", ")}` : "";
  };
  live.get(host).made = new uPlot({
    width: Math.max(240, host.clientWidth), height: 210, legend: { show: false }, cursor: { y: false }, series: [{}, ...series],
    scales: { x: { time: Boolean(time) } }, tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
    axes: [{ ...axis, space: 70, values: (_, all) => all.map((value) => (time ? utc(value).slice(...(x.at(-1) - x[0] > 200_000 ? [5, 10] : [11, 16])) : figure(value))) },
      { ...axis, size: 72, values: (_, all) => all.map(short) }],
    hooks: { setCursor: [read], ready: [read] },
  }, [x, ...lines.map((line) => line.values)], host);
  host.querySelector("canvas").setAttribute("aria-hidden", "true");
}

const resized = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    const plot = live.get(target)?.made;
    if (plot && Math.abs(plot.width - target.clientWidth) > 1) plot.setSize({ width: Math.max(240, target.clientWidth), height: 210 });
  }
});
const redraw = () => live.forEach((_, host) => draw(host));
for (const query of ["(prefers-color-scheme: dark)", "print"]) matchMedia(query).addEventListener("change", redraw);

function sample(line, at) {
  const picture = drawn("svg", { width: 34, height: 10, "aria-hidden": "true", class: `key key${line.ink ? "ink" : hue(line, at)}` },
    drawn("line", { x1: 1, x2: 33, y1: 5, y2: 5, "stroke-width": 2.5, "stroke-dasharray": DASHES[line.dash ?? at % DASHES.length].join(" ") }));
  return el("li", {}, picture, ` ${line.label}`);
}

/** A chart that is drawn once `show` is called with it in the page; `lines` are {label, values, ink, dash}. */
export function chart({ key, title, x, lines, time = false, kind = "usd", step = 1 }) {
  const host = el("div", { class: "plot" });
  const readout = el("p", { class: "sub readout" });
  const rows = x.map((at, row) => [time ? utc(at) : figure(at, 2), ...lines.map((line) => words(line.values[row], kind))]).filter((_, row) => row % step === 0);
  live.set(host, { x, lines, time, kind, readout });
  return el("figure", {}, el("h3", {}, title), lines.length > 1 ? el("ul", { class: "keys" }, lines.map(sample)) : null, host, readout,
    details(key, "As a table", table(`${title}, as a table`, [[time ? "Time" : "Price, USD", ""], ...lines.map((line) => [line.label, ""])], rows)));
}

/** Draw the charts of a block, and forget those that are no longer in the page. */
export function show() {
  for (const [host, one] of live) {
    if (!host.isConnected) { one.made?.destroy(); resized.unobserve(host); live.delete(host); } else if (!one.made) { draw(host); resized.observe(host); }
  }
}

export function payoff(view) {
  const assets = Object.entries(view.payoff ?? {});
  if (!assets.length) return [el("p", {}, view.untrusted || "Nothing in the pools or the ledger has a pay-off that can be worked out.")];
  return assets.map(([asset, curve]) => el("div", { class: "panels" }, [["now", `${asset} now`], ["horizon", `${asset} in ${figure(curve.horizon_days)} days`]].map(([when, title]) => {
    const layers = Object.entries(curve[when] ?? {});
    const net = curve.prices.map((_, at) => layers.reduce((sum, [, values]) => (values[at] === null || sum === null ? null : sum + values[at]), 0));
    const lines = layers.map(([name, values], at) => ({ label: name, values, dash: at + 1 }));
    return chart({ key: `payoff ${asset} ${when}`, title: `${title}, spot ${figure(curve.spot, 2)} USD`, x: curve.prices, step: 8, kind: "usdSigned",
      lines: [...lines, { label: "Net", values: net, ink: true, dash: 0 }] });
  })));
}

const SERIES = [["value_usd", "Pools, USD", "usd"], ["hedge_value_usd", "Hedge, USD", "usd"], ["net_delta_usd", "Net delta, USD", "usdSigned"]];
let days = 1;
let fetched = 0;

/** Ask for the series and draw them; not more often than twice a minute unless `force`. */
export async function history(body, fill, force = false) {
  if (!force && performance.now() - fetched < 30_000 && fetched) return;
  fetched = performance.now();
  const query = new URLSearchParams({ names: SERIES.map(([name]) => name).join(","), since: Math.floor(now() - 86_400 * days), points: POINTS });
  try {
    const answer = await fetch(`${BASE}/api/history?${query}`, { headers: headers() });
    if (!answer.ok) throw new Error((await answer.json()).error);
    const found = await answer.json();
    const x = found.at ?? [];
    if (!x.length) { fill(body, el("p", {}, "No look is kept of this time.")); return; }
    fill(body, el("div", { class: "panels three" }, SERIES.map(([name, title, kind], at) => chart({
      key: `time ${name}`, title, x, time: true, kind, step: Math.ceil(x.length / 40),
      lines: [{ label: title.split(",")[0], values: found[name] ?? x.map(() => null), dash: at, hue: at }] }))));
    show();
  } catch (error) {
    fill(body, el("p", {}, `The series could not be read: ${error.message}`.slice(0, 200)));
  }
}

export function choose(button) {
  days = Number(button.dataset.days);
  button.parentElement.querySelectorAll("button").forEach((each) => each.setAttribute("aria-pressed", String(each === button)));
}
