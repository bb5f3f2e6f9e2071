// What numbers rest on: feeds and their regime, breakers, automation, parameters, sources, chains.

import { el, figure, moment, num, plain, span, table, tag } from "./dom.js";

const FINE = ["fresh"];
const asset = (name) => plain(name, 24) || "all";

export function feeds(view) {
  const rows = (view.feeds ?? []).map((feed) => [asset(feed.asset), num(feed.volatility, "percent", feed.words), num(feed.reported, "percent"),
    [FINE.includes(feed.state) ? tag(feed.state, "good") : tag(feed.state, "bad"), feed.words ? el("span", { class: "sub wrap-any" }, plain(feed.words)) : null],
    [moment(feed.answered_at, "old", feed.max_age_seconds), el("span", { class: "sub" }, `up to ${span(feed.max_age_seconds ?? 0)}`)], figure(feed.round), (feed.clamped ?? []).map((each) => tag(`clamped: ${plain(each, 24)}`, "bad"))]);
  const breakers = (view.breakers ?? []).map((each) => [asset(each.asset), each.tripped_at ? [tag("tripped", "bad"), " ", moment(each.tripped_at, "ago")] : tag("armed", "good"), num(each.implied, "percent"), num(each.realized, "percent"), plain(each.trouble) || "–"]);
  const tables = (view.automation ?? []).map((each) => [asset(each.asset), figure(each.row), each.next_row === null ? "stays" : `row ${figure(each.next_row)}`, each.stopped ? tag("stopped", "bad") : tag("runs", "good"), each.in_power ? "in power" : "without power"]);
  return [rows.length ? table("Feeds", [["Asset", ""], ["Volatility", ""], ["Reported", ""], ["State", "text"], ["Answered", "text"], ["Round", ""], ["Moves cut", "text"]], rows) : el("p", {}, "No feed is read."),
    breakers.length ? [el("h3", {}, "Breakers"), table("Breakers", [["Asset", ""], ["State", "text"], ["Implied", ""], ["Realised", ""], ["Trouble", "text wrap"]], breakers)] : null,
    tables.length ? [el("h3", {}, "Regime and automation"), table("Regime and automation", [["Asset", ""], ["Regime row", ""], ["Next", "text"], ["State", "text"], ["Power", "text"]], tables)] : null];
}

const value = (name, given) => [figure(given), name.endsWith("Bps") && typeof given === "number" ? el("span", { class: "sub" }, ` ${figure(given / 100, 2)} %`) : null];

export function parameters(view) {
  const all = view.parameters ?? [];
  if (!all.length) return [el("p", {}, "No parameters are read.")];
  return all.map((each) => [el("h3", {}, `${asset(each.asset)}, version ${figure(each.version)} `, each.paused ? tag("paused", "bad") : null, " ", each.steward_suspended ? tag("steward suspended", "bad") : null),
    table(`Parameters of ${asset(each.asset)}`, [["Parameter", ""], ["Value", ""]], Object.entries(each.values ?? {}).map(([name, given]) => [el("code", {}, plain(name, 60)), value(name, given)]))]);
}

export function sources(view) {
  const rows = (view.sources ?? []).map((each) => [plain(each.name, 60), num(each.value, "price", "no answer"), moment(each.at, "old"), plain(each.from, 40)]);
  const chains = (view.chains ?? []).map((each) => [plain(each.network, 40), figure(each.block), moment(each.timestamp, "old"), num(each.value_usd, "whole", each.last_usd === null ? "" : `last ${figure(each.last_usd)}`), each.trouble ? [tag("left out", "bad"), el("span", { class: "sub wrap-any" }, plain(each.trouble))] : tag("read", "good")]);
  return [rows.length ? table("Sources", [["Source", ""], ["Value", ""], ["Age", "text"], ["From", "text"]], rows) : el("p", {}, "No source is asked."),
    chains.length ? table("Chains", [["Chain", ""], ["Block", ""], ["Age", "text"], ["Pools, USD", ""], ["State", "text"]], chains) : null];
}
