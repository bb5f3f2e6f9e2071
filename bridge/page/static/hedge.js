// The hedge: coverage of the layers, legs at their marks, margin.

import { bar, el, figure, moment, note, num, plain, table, tag, words } from "./dom.js";

const LAYERS = { delta: "Delta", financing: "Financing", volatility: "Volatility", tail: "Tail" };
const layerName = (layer) => LAYERS[layer] ?? plain(layer, 24);
const absent = (view) => [el("p", { class: "wrap-any" }, plain(view.ledger_trouble, 400) || "No ledger: what is held is not known, so no number is shown for it.")];

export function coverage(view) {
  if (!view.held) return absent(view);
  const covers = view.held.covers ?? [];
  if (!covers.length) return [el("p", {}, "The ledger holds no leg.")];
  const line = (name, share, text) => el("div", { class: "cover" }, el("span", {}, name), bar(share, `${name}: ${text}`), el("span", { class: "says" }, text));
  return [el("div", { class: "cards" }, covers.map((cover) => {
    const used = cover.cap_usd > 0 ? cover.value_usd / cover.cap_usd : null;
    const over = used !== null && Math.abs(used) > 1;
    const capped = cover.cap_usd > 0 ? `${words(cover.value_usd, "usd")} of ${words(cover.cap_usd, "usd")} allowed` : `${words(cover.value_usd, "usd")}, no cap`;
    const shared = (share) => (share === null || share === undefined ? "not known" : `${words(share, "percent")} of the pools’`);
    return el("article", { class: "card" }, el("h3", {}, `${plain(cover.asset, 24)} · ${layerName(cover.layer)} `, over ? tag("above its cap", "bad") : null),
      line("Value", used, capped), line("Delta", cover.delta_share, shared(cover.delta_share)), line("Gamma", cover.gamma_share, shared(cover.gamma_share)),
      el("p", { class: "sub" }, `${figure(cover.legs)} ${cover.legs === 1 ? "leg" : "legs"}; delta `, num(cover.delta_usd, "usdSigned"), ", gamma ", num(cover.gamma_usd, "usdSigned")));
  }))];
}

export function legs(view) {
  if (!view.held) return absent(view);
  const { legs: held = [], margin, book, entries, later } = view.held;
  const rows = held.map((leg) => [plain(leg.instrument, 60), layerName(leg.layer), num(leg.quantity, "unitsSigned"), num(leg.mark_usd, "price"),
    [plain(leg.mark_source, 24), el("span", { class: "sub" }, moment(leg.marked_at, "old", 3600))], num(leg.value_usd, "signed"), num(leg.delta_usd, "signed"),
    leg.days_left === null ? num(null) : `${figure(leg.days_left, 1)} days`, leg.naked ? [tag("uncovered", "bad"), " ", num(leg.naked, "units")] : leg.quantity < 0 ? "covered" : "–"]);
  const needs = margin ? el("p", { class: "after" }, "Margin", margin.estimate ? " (estimate)" : "", ": initial ", num(margin.initial, "usd"), ", maintenance ", num(margin.maintenance, "usd"), ", left ", num(margin.left_usd, "usd", "the account is not known"), ".") : null;
  return [rows.length ? table("Legs", [["Instrument", "wide"], ["Layer", "text"], ["Quantity", ""], ["Mark, USD", ""], ["From", "text"], ["Value, USD", ""], ["Delta, USD", ""], ["Left", ""], ["Sold", "text"]], rows) : el("p", {}, "The ledger holds no leg."), needs,
    view.held.unpriced?.length ? note(`No mark, so not in any sum: ${view.held.unpriced.slice(0, 20).map((name) => plain(name, 60)).join(", ")}.`) : null,
    note(`Book ${plain(book, 60)}: ${figure(entries)} entries${later ? `, ${figure(later)} later than this block and not counted` : ""}.`)];
}
