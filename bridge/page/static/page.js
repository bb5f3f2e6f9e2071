// The page: takes views and changes, puts each block anew when what it shows changed, says how old everything is.

import { begin, login } from "./acts.js";
import * as book from "./book.js";
import * as charts from "./charts.js";
import { BASE, el, figure, fill, listed, note, now, plain, setChain, span, tick } from "./dom.js";
import * as governance from "./governance.js";
import * as hedge from "./hedge.js";
import { takeToken, watch } from "./link.js";
import * as oracle from "./oracle.js";

const LOCAL = 31337; // a chain of this machine: its clock is its own
const BLOCKS = [ // element, what makes it, the names of the view that it shows
  ["trouble-body", book.trouble, ["trouble", "caught_up"]],
  ["decision", book.decision, ["decision"]],
  ["due-body", governance.due, ["alerts", "proposals", "steward_updates"]],
  ["plan-now-body", book.planNow, ["plan_now"]],
  ["totals-body", book.totals, ["totals", "untrusted", "held", "ledger_trouble"]],
  ["alerts-body", governance.alerts, ["alerts"]],
  ["payoff-body", charts.payoff, ["payoff", "untrusted"]],
  ["coverage-body", hedge.coverage, ["held", "ledger_trouble"]],
  ["assets-body", book.assets, ["assets", "untrusted"]],
  ["legs-body", hedge.legs, ["held", "ledger_trouble"]],
  ["positions-body", book.positions, ["positions", "positions_left", "unread", "dust"]],
  ["explained-body", book.explained, ["explained"]],
  ["feeds-body", oracle.feeds, ["feeds", "breakers", "automation"]],
  ["parameters-body", oracle.parameters, ["parameters"]],
  ["proposals-body", governance.proposals, ["proposals", "proposals_left", "proposals_trouble", "steward_updates"]],
  ["safes-body", governance.safes, ["safes"]],
  ["sources-body", oracle.sources, ["sources", "chains"]],
];
const at = (id) => document.getElementById(id);
let view = null;

function told(event) {
  const before = view?.alerts;
  const changed = new Set(event.whole ? Object.keys({ ...view, ...event.set }) : Object.keys(event.set));
  view = event.whole ? event.set : { ...view, ...event.set };
  document.body.dataset.cycle = event.cycle;
  setChain(view.chain_id === LOCAL ? (view.block?.timestamp ?? view.at) - view.at : 0);
  for (const [id, make, names] of BLOCKS) if (names.some((name) => changed.has(name))) put(at(id), make);
  at("decision").className = book.decisionClass(view);
  if (changed.has("alerts")) at("alert-news").textContent = governance.news(before, view.alerts) ?? at("alert-news").textContent;
  charts.show();
  charts.history(at("time-body"), fill);
  head();
  ages();
}

/** Put a block anew; one that cannot be drawn says so and leaves the others as they are. */
function put(body, make) {
  try {
    fill(body, make(view));
  } catch (error) {
    fill(body, note(`This cannot be drawn: ${plain(error.message)}`));
  }
}

function head() {
  const place = view.network ? plain(view.network, 40) : `chain ${view.chain_id}`;
  const standing = listed(view.alerts).filter((each) => !each.cleared_at).length;
  at("name").textContent = `${plain(view.book, 60)} on ${place}, ${plain(view.owner, 60)}`;
  const books = listed(view.books);
  at("books").hidden = books.length < 2;
  if (at("books").childElementCount !== books.length) fill(at("books"), books.map(({ name, path }) => el("li", {}, el("a", { href: `${path}/`.replace("//", "/"), "aria-current": path === BASE ? "page" : null }, plain(name, 60)))));
  document.title = `${standing ? `(${standing}) ` : ""}${plain(view.book, 60)}: ${plain(view.decision?.answer ?? "no plan", 40)}`;
  at("foot").textContent = `ALVH ${plain(view.version, 20)}, look ${view.cycle}, one every ${span(view.interval)}; it took ${figure(view.took, 1)} s and began ${figure(view.lateness, 1)} s late. A view of one look at one block: it signs nothing and holds no key.`;
}

/** Write the age of what is shown to every block, grey where it is too old to act on. */
function ages() {
  if (!view) return;
  const look = Math.max(0, now() - view.at);
  const lag = view.chain_id === LOCAL ? 0 : Math.max(0, view.at - (view.block?.timestamp ?? view.at));
  const age = look + lag;
  const old = age > Math.max(3 * (view.interval ?? 0), 60);
  const text = `Block ${figure(view.block?.number)}, ${span(age)} old${old ? ", stale" : ""}`;
  document.querySelectorAll("[data-age=block]").forEach((each) => { if (each.textContent !== text) each.textContent = text; });
  document.body.classList.toggle("old", old);
  const late = old ? `These numbers are stale${lag > look ? ": the node’s newest block is old" : ""}. Nothing newer than ${new Date((now() - age) * 1000).toISOString().slice(0, 16).replace("T", " ")} UTC is known.` : "";
  if (at("late").textContent !== late) at("late").textContent = late;
  at("late").hidden = !late;
}

function state(alive) {
  at("link").textContent = alive ? "live" : "no connection";
  at("link").className = alive ? "tag good" : "tag bad";
  at("banner").textContent = alive ? "" : "No connection to the monitor: what is below is of its last look. It is tried again by itself.";
  at("banner").hidden = alive;
  if (alive && view) charts.history(at("time-body"), fill);
}

takeToken();
begin();
addEventListener("hashchange", takeToken);
document.querySelectorAll("[data-days]").forEach((button) => button.addEventListener("click", () => {
  charts.choose(button);
  charts.history(at("time-body"), fill, true);
}));
setInterval(() => { tick(); ages(); }, 1000);
watch({ told, state, login });
