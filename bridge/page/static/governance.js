// Who must act until when: alerts, proposals, steward's updates, Safes.

import { act } from "./acts.js";
import { chainNow, copyable, details, el, figure, listed, moment, note, now, plain, ROWS, table, tag, utc } from "./dom.js";

const SIGNS = { critical: "‼", warning: "!", information: "i" };
const RANK = ["critical", "warning", "information"];
const LONG = 300;
const ago = (seconds) => moment(seconds, "ago", null, "wall");
const OPEN = ["pending", "active", "succeeded", "queued"];
const count = (text) => plain(text, 40).replace(/^\d+/, (whole) => whole.replace(/\B(?=(\d{3})+$)/g, ",")).replace(/\.0+$/, "");
const most = (rows, make) => [rows.slice(0, ROWS).map(make), rows.length > ROWS ? note(`${rows.length - ROWS} more are not listed.`) : null];

function alert(each) {
  const quiet = each.silenced_until > now();
  const state = [each.acknowledged_at ? ["Acknowledged by ", plain(each.acknowledged_by, 64), " ", ago(each.acknowledged_at), ". "] : null,
    quiet ? [`Silent until ${utc(each.silenced_until)}. `] : null, each.escalated_at ? ["Escalated ", ago(each.escalated_at), ". "] : null];
  const button = (what, title) => el("button", { type: "button", "data-key": `${what} ${each.key}`, "aria-label": `${title}: ${plain(each.text, 100)}`, onclick: () => act(what, each) }, title);
  return el("li", { class: `alert ${RANK.includes(each.severity) ? each.severity : "warning"}${each.acknowledged_at ? " taken" : ""}`, "data-alert": each.key.slice(0, LONG) },
    el("div", { class: "row" }, el("span", { class: "sign", "aria-hidden": "true" }, SIGNS[each.severity] ?? "!"), el("b", { class: "severity" }, plain(each.severity, 20)), el("span", { class: "sub" }, plain(each.kind, 40), each.about ? ` · ${plain(each.about, 60)}` : "", " · opened ", ago(each.opened_at))),
    el("p", { class: "wrap-any says" }, plain(each.text, 600)),
    el("p", { class: "sub wrap-any" }, el("b", {}, "Who can act: "), plain(each.who, 100) || "–", ". ", el("b", {}, "First: "), plain(each.step, 400), each.runbook ? [" (", el("code", {}, `docs/runbook.md#${plain(each.runbook, 100)}`), ")"] : null),
    el("p", { class: "sub" }, state), el("p", { class: "choices" }, each.acknowledged_at ? null : button("acknowledge", "Acknowledge"), quiet ? null : button("silence", "Silence")));
}

export function alerts(view) {
  const all = view.alerts ?? [];
  const rank = (each) => (RANK.indexOf(each.severity) + 3) % 3;
  const standing = all.filter((each) => !each.cleared_at).sort((one, other) => rank(one) - rank(other) || other.opened_at - one.opened_at);
  const over = all.filter((each) => each.cleared_at).sort((one, other) => other.cleared_at - one.cleared_at);
  return [standing.length ? el("ul", { class: "plain" }, most(standing, alert)[0]) : el("p", {}, tag("none", "good"), " Nothing stands that a person should look at."),
    standing.length > ROWS ? note(`${standing.length - ROWS} more are not listed.`) : null,
    over.length ? details("over", `Over since yesterday: ${over.length}`, el("ul", { class: "plain" }, most(over, (each) => el("li", { class: "wrap-any" }, plain(each.text, 400), el("span", { class: "sub" }, " over ", ago(each.cleared_at))))[0])) : null];
}

/** Say what is new to who hears a page. */
export function news(before, after) {
  const known = new Set(listed(before).filter((each) => !each.cleared_at).map((each) => each.key));
  const standing = listed(after).filter((each) => !each.cleared_at);
  const fresh = standing.filter((each) => !known.has(each.key));
  if (before === null || before === undefined) return `${standing.length} alerts stand.`;
  return fresh.length ? `New alert: ${plain(fresh[0].text)}${fresh.length > 1 ? `, and ${fresh.length - 1} more` : ""}` : null;
}

function next(step) {
  if (!step) return null;
  return el("p", {}, el("b", {}, "Next: "), plain(step.what, 40), ", by ", plain(step.who, 60), step.from ? [", from ", utc(step.from), " (", moment(step.from, "ago"), ")"] : null, step.until ? [", until ", utc(step.until), " (", moment(step.until, "end"), ")"] : null, step.command ? [el("br"), copyable(`command ${plain(step.command, 100)}`, step.command)] : null);
}

const DUE = 4; // lines of what is due that stand at the top

/** What governance is about to do, who must act and until when, in a line each: the nearest end first. */
export function due(view) {
  const votes = listed(view.proposals).filter((each) => OPEN.includes(each.state) && each.next).map((each) => [each.next.until ?? Infinity,
    el("li", { class: "wrap-any" }, el("b", {}, plain(each.next.what, 40)), ` by ${plain(each.next.who, 60)}: ${plain(each.title, 90)}`, each.next.from > chainNow() ? [", ", moment(each.next.from, "ago")] : ", now", each.next.until ? [", its end is ", moment(each.next.until, "end")] : null)]);
  const waiting = listed(view.steward_updates).map((each) => [each.ready_at, el("li", { class: "wrap-any" }, el("b", {}, "steward’s update"), " can be vetoed by guardian owners, it is ready ", moment(each.ready_at, "ago"))]);
  const all = [...votes, ...waiting].sort(([one], [other]) => one - other).map(([, line]) => line);
  const standing = listed(view.alerts).filter((each) => !each.cleared_at);
  const counts = ["critical", "warning", "information"].map((each) => [each, standing.filter(({ severity }) => severity === each).length]).filter(([, count]) => count);
  const alerts = counts.length ? counts.map(([each, count]) => `${count} ${each}`).join(", ") : "none stands";
  return [el("p", { class: "due" }, el("a", { href: "#alerts" }, "Alerts"), `: ${alerts}. `, el("a", { href: "#proposals" }, "Governance"), all.length ? `: ${all.length} open.` : ": nothing is open."),
    all.length ? el("ul", { class: "plain due" }, all.slice(0, DUE)) : null];
}

function proposal(each) {
  const id = plain(each.short_id || each.id, 24);
  const changes = (each.changes ?? []).map((change) => [el("code", {}, plain(change.what, 60)), plain(change.before, 60), plain(change.after, 60)]);
  const hashes = [["id", each.id], ...Object.entries(each.hashes ?? {})].filter(([, text]) => text);
  return el("article", { class: "card" }, el("h3", { class: "wrap-any" }, plain(each.title, 160), " ", tag(each.state, OPEN.includes(each.state) ? "" : "done"), " ", each.ours ? null : tag("not of our plan", "bad")),
    next(each.next), changes.length ? table(`Changes of ${id}`, [["What", ""], ["Now", ""], ["Then", ""]], changes) : el("p", { class: "sub" }, "It changes no parameter that we can decode."),
    el("p", { class: "sub" }, `For ${count(each.votes_for)}, against ${count(each.votes_against)}, abstain ${count(each.votes_abstain)}; quorum ${count(each.quorum)}. Vote from ${utc(each.vote_start)} (`, moment(each.vote_start, "ago"), `) until ${utc(each.deadline)} (`, moment(each.deadline, "end"), ")", each.eta ? [`; executable from ${utc(each.eta)} (`, moment(each.eta, "ago"), ")"] : null, "."),
    details(`proposal ${plain(each.id, 100)}`, "Calls and hashes", (each.calls ?? []).length ? el("ol", { class: "calls" }, each.calls.slice(0, ROWS).map((call) => el("li", { class: "wrap-any" }, el("code", {}, plain(call, 1000))))) : el("p", { class: "sub" }, "No call."),
      el("dl", { class: "source" }, hashes.flatMap(([name, text]) => [el("dt", {}, plain(name, 20)), el("dd", {}, copyable(`${plain(name, 20)} of ${id}`, text))])), el("p", { class: "sub wrap-any" }, "Proposer ", el("code", {}, plain(each.proposer, 100)))));
}

export function proposals(view) {
  const [found, updates] = [view.proposals ?? [], view.steward_updates ?? []];
  const waiting = updates.map((each) => el("article", { class: "card" }, el("h3", {}, "Steward’s update ", tag(each.ready_at > chainNow() ? "can be vetoed" : "can be applied")),
    el("p", {}, "Ready ", moment(each.ready_at, "ago"), `, ${utc(each.ready_at)}; veto of ${figure((each.veto_seconds ?? 0) / 3600, 1)} hours.`), (each.words ?? []).map((line) => el("p", { class: "wrap-any" }, plain(line, 400))), copyable(`update ${plain(each.hash, 12)}`, each.hash)));
  const open = found.filter((each) => OPEN.includes(each.state));
  const over = found.filter((each) => !OPEN.includes(each.state));
  const unread = view.proposals_trouble ? note(`Not read: ${plain(view.proposals_trouble, 400)}`) : null;
  const left = view.proposals_left ? note(`${figure(view.proposals_left)} more are not told here; \`alvh gov list\` has them.`) : null;
  return [waiting, unread, open.length ? most(open, proposal) : el("p", {}, "No proposal is open."), left, over.length ? details("closed", `No longer open: ${over.length}`, most(over, proposal)) : null];
}

export function safes(view) {
  const all = view.safes ?? [];
  if (!all.length) return [el("p", {}, "No Safe holds a role here, or none is configured.")];
  return [el("div", { class: "cards" }, all.map((each) => el("article", { class: "card" }, el("h3", {}, plain(each.role, 40)), el("p", { class: "wrap-any" }, plain(each.words, 400)),
    (each.warnings ?? []).map((text) => el("p", { class: "wrap-any" }, tag("warning", "bad"), " ", plain(text, 400))), copyable(`address of ${plain(each.role, 40)}`, each.address))))];
}
