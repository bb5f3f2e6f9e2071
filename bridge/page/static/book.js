// The book: decision, totals, before and after the hedge, positions, profit and loss.

import { bar, details, el, moment, note, now, num, plain, span, table, tag, words } from "./dom.js";

const short = (text) => { const id = plain(text, 80); return id.length > 18 ? `${id.slice(0, 10)}…${id.slice(-6)}` : id; };
const list = (texts) => texts.map((text) => el("p", { class: "wrap-any" }, plain(text, 600)));
const FIRST = 2; // reasons that stand open: the net book is below them

export function decision(view) {
  const made = view.decision ?? {};
  const answer = made.answer ?? "no plan on record";
  const [orders, reasons] = [made.orders ?? [], made.words ?? []];
  const drift = made.drift === null || made.drift === undefined ? null : el("p", {}, "Drift from the plan ", num(made.drift, "percent"), ", the band is ", num(made.drift_band, "percent"), made.drift > made.drift_band ? ": a new plan is due." : ".");
  const rows = orders.map((each) => [plain(each.instrument), plain(each.side, 8), num(each.asked, "units"), num(each.done, "units"), num(each.left, "units"), num(each.limit_usd, "price"), num(each.average_usd, "price"), num(each.slippage_usd, "usdSigned")]);
  const done = orders.filter((each) => each.left === 0).length;
  return [made.answer ? el("p", { class: "sub" }, "The plan on record says") : null, el("p", { class: "answer" }, plain(answer, 60)), list(reasons.slice(0, FIRST)), drift,
    made.made_at ? el("p", { class: "sub" }, "Plan ", el("code", {}, short(made.plan ?? "")), ", made ", moment(made.made_at, "ago"), ".") : el("p", { class: "sub" }, "No plan is on record: nothing says what should be held."),
    reasons.length > FIRST ? details("reasons", `More reasons: ${reasons.length - FIRST}`, list(reasons.slice(FIRST))) : null,
    rows.length ? details("orders", `Orders of the plan: ${rows.length}, ${done} done`, table("Orders", [["Instrument", ""], ["Side", "text"], ["Asked", ""], ["Done", ""], ["Left", ""], ["Limit, USD", ""], ["Paid, USD", ""], ["Slippage", ""]], rows)) : null];
}

/** What a plan of now would trade, where the monitor makes plans by itself; nothing of it is on record. */
export function planNow(view) {
  const made = view.plan_now;
  if (!made) return [];
  if (made.trouble) return [el("p", { class: "callout wrap-any" }, `No plan now: ${plain(made.trouble, 400)}`)];
  const trades = made.trades ?? [];
  const rows = trades.map((each) => [plain(each.instrument), plain(each.side, 8), num(each.quantity, "units"), num(each.limit_usd, "price"), plain(each.layer, 24)]);
  const title = `A plan of ${span(Math.max(0, now() - made.at))} ago would ${plain(made.answer, 40)}: ${trades.length} trades`;
  return [details("plan-now", title, rows.length ? table("Trades of a plan of now", [["Instrument", ""], ["Side", "text"], ["Units", ""], ["Limit, USD", ""], ["Layer", "text"]], rows) : note("Nothing to trade."), note("It is not on record: `alvh plan` makes one that is."))];
}

const tone = (answer) => `answer-${(answer ?? "none").replace(/[^a-z]+/g, "-")}`;
export const decisionClass = (view) => `decision ${tone(view.decision?.answer)}`;

export function totals(view) {
  const sum = { ...view.totals, left_usd: view.held?.margin?.left_usd };
  const unknown = view.untrusted || "not valued at this block";
  const tiles = [
    ["Pools", "value_usd", "usd", "LP value", unknown], ["Hedge", "hedge_value_usd", "usd", "at marks of the ledger", view.ledger_trouble || "no ledger of what is held"],
    ["Net delta", "net_delta_usd", "usdSigned", view.held ? "pools and hedge" : "pools alone", unknown], ["Impermanent loss", "il_usd", "usdSigned", "since entry", "no entry is known"],
    ["Fees", "fees_usd", "usd", "earned since entry", "no entry is known"], ["Fees a year", "fee_usd_per_year", "usd", "at the last days’ rate, an estimate", "no history of the pools"],
    ["LVR a year", "lvr_usd_per_year", "usd", "what arbitrageurs take, an estimate", unknown],
    ["Margin left", "left_usd", "usd", "before the venue closes legs", view.held ? "the account at the venue is not known" : "no ledger of what is held"],
  ];
  return [view.untrusted ? el("p", { class: "callout wrap-any" }, plain(view.untrusted, 600)) : null,
    el("dl", { class: "tiles" }, tiles.map(([name, key, kind, says, why]) => el("div", { "data-total": key }, el("dt", {}, name), el("dd", { class: "value" }, num(sum[key], kind)), el("dd", { class: "sub" }, typeof sum[key] === "number" ? says : plain(why)))))];
}

const part = (value, of) => (typeof value === "number" ? value / of : value);

export function assets(view) {
  const rows = (view.assets ?? []).flatMap(({ asset, spot, lp, net }) => [
    [[plain(asset, 24), el("span", { class: "sub" }, "pools at ", num(spot, "price"))], num(lp?.delta, "unitsSigned"), num(lp?.delta_usd, "signed"), num(lp?.gamma_usd, "signed"), num(null), num(null), num(lp?.value_usd), num(lp?.delta_fall_usd, "signed"), num(lp?.delta_rise_usd, "signed")],
    [[plain(asset, 24), el("span", { class: "sub" }, net ? "with the hedge" : "no legs are known")], num(net?.delta, "unitsSigned"), num(net?.delta_usd, "signed"), num(net?.gamma_usd, "signed"), num(part(net?.vega_usd, 100), "signed"), num(part(net?.theta_usd, 365), "signed"), num(null), num(null), num(null)],
  ]);
  if (!rows.length) return [el("p", {}, plain(view.untrusted) || "Nothing is in the pools.")];
  return table("Before and after the hedge", [["Asset", ""], ["Delta, units", ""], ["Delta, USD", ""], ["Gamma, USD", ""], ["Vega, USD a point", ""], ["Theta, USD a day", ""], ["Value, USD", ""], ["Delta after a fall", ""], ["after a rise", ""]], rows,
    note("A dash: pools have no vega or theta of their own, and legs are valued one by one below."));
}

function range(position) {
  const { lower, upper, price } = position;
  if (!(lower > 0) || !(upper > lower)) return el("span", {}, "whole range");
  const place = 15 + 70 * (Math.log(price / lower) / Math.log(upper / lower));
  const mark = el("span", { class: "here" });
  mark.style.left = `${Math.min(98, Math.max(2, place))}%`;
  return el("span", { class: "range", role: "img", "aria-label": `Range ${words(lower, "price")} to ${words(upper, "price")}, price ${words(price, "price")}` }, el("span", { class: "inside" }), mark);
}

const edge = (at, away) => (at === null || at === undefined ? "no end" : [num(at, "price"), el("span", { class: "sub" }, num(away, "percentSigned"))]);

export function positions(view) {
  const rows = (view.positions ?? []).map((each) => [
    [plain(each.pool, 60), el("span", { class: "sub wrap-any" }, plain(each.id, 80))], num(each.value_usd),
    [each.in_range ? tag("in range", "good") : tag("out of range", "bad"), " ", range(each)],
    edge(each.lower, each.to_lower), num(each.price, "price"), edge(each.upper, each.to_upper),
    num(each.il_usd, "signed"), num(each.fees_usd), num(each.lvr_usd_per_year), num(each.time_in_range, "percent")]);
  const unread = view.unread ?? [];
  return [rows.length ? table("Positions", [["Pool", "wide"], ["Value, USD", ""], ["Range", "text"], ["Lower, and away", ""], ["Price", ""], ["Upper, and away", ""], ["IL, USD", ""], ["Fees, USD", ""], ["LVR a year", ""], ["Time in range", ""]], rows,
    note("A dash: the pool’s history or the entry is not known.")) : el("p", {}, "No position is read."),
  view.positions_left ? note(`${view.positions_left} smaller positions are in the totals and not listed.`) : null,
  view.dust?.count ? note(["Too small to list: ", String(view.dust.count), " positions worth ", words(view.dust.usd, "usd"), "."].join("")) : null,
  unread.length ? details("unread", `Not read: ${unread.length}`, el("ul", { class: "plain" }, unread.slice(0, 500).map((each) => el("li", { class: "wrap-any" }, plain(each, 400))))) : null];
}

const GROUPS = { pools: "Pools", hedge: "Hedge", moved: "Moved in or out" };
export function explained(view) {
  const found = view.explained;
  if (!found) return [el("p", {}, "Not known: it needs a ledger, a plan on record and a look at both ends.")];
  const most = Math.max(1, ...found.parts.map((part) => Math.abs(part.usd ?? 0)));
  const rows = found.parts.map((part) => [plain(part.name, 60), GROUPS[part.group] ?? plain(part.group, 20), num(part.usd, "usdSigned"), bar((part.usd ?? 0) / most, part.usd < 0 ? "loss" : "gain", part.usd < 0 ? "loss" : "")]);
  rows.push([el("b", {}, "Profit, without what was moved"), "", num(found.profit_usd, "usdSigned"), ""]);
  return [el("p", { class: "sub" }, "From ", moment(found.since, "ago"), " to ", moment(found.until, "ago"), "."), table("Profit and loss explained", [["Part", ""], ["Of", "text"], ["USD", ""], ["Size", "text"]], rows)];
}

export function trouble(view) {
  return [view.trouble ? el("p", { class: "banner wrap-any", role: "alert" }, plain(view.trouble, 600)) : null, view.caught_up ? el("p", { class: "banner quiet wrap-any" }, plain(view.caught_up, 300)) : null];
}
