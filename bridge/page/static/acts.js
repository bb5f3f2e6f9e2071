// What people do: acknowledge, silence, and give the token where it is needed.

import { BASE, now, plain } from "./dom.js";
import { headers, setToken, token } from "./link.js";

const at = (id) => document.getElementById(id);
const NAME = "alvh-name";
let pending = null;

function ask(title, text, parts) {
  at("act-title").textContent = title;
  at("act-go").textContent = title;
  at("act-text").textContent = plain(text, 400);
  at("act-error").textContent = "";
  for (const id of ["act-token-label", "act-token-note"]) at(id).hidden = !parts.includes("token");
  at("act-by-label").hidden = !parts.includes("by");
  at("act-hours-label").hidden = !parts.includes("hours");
  at("act-by").value = sessionStorage.getItem(NAME) ?? "";
  if (!at("act").open) at("act").showModal();
  return new Promise((done) => { pending = done; });
}

function settle(answer) {
  at("act").close();
  const done = pending;
  pending = null;
  done?.(answer);
}

export function begin() {
  at("act-cancel").addEventListener("click", () => settle(false));
  at("act").addEventListener("cancel", (event) => { event.preventDefault(); settle(false); });
  at("act").querySelector("form").addEventListener("submit", (event) => {
    event.preventDefault();
    const asks = (id) => !at(`${id}-label`).hidden;
    if (asks("act-token")) setToken(at("act-token").value.trim());
    at("act-token").value = "";
    if (asks("act-by") && !at("act-by").value.trim()) { at("act-error").textContent = "Say who acts."; return; }
    sessionStorage.setItem(NAME, at("act-by").value.trim());
    settle(true);
  });
}

/** Ask for the token until it is given; one question for all who need it. */
let asked = null;
export function login() {
  asked ??= (async () => {
    const given = await ask("Open", token() ? "This token is not the page's." : "This page shows its data to who has its token.", ["token"]);
    if (!given) await new Promise((later) => { setTimeout(later, 3000); });
    asked = null;
  })();
  return asked;
}

/** Acknowledge or silence an alert: `what` is the last part of the route. */
export async function act(what, alert) {
  const title = what === "silence" ? "Silence" : "Acknowledge";
  let problem = "";
  for (let refused = false; ; ) {
    const parts = ["by", ...(what === "silence" ? ["hours"] : []), ...(token() && !refused ? [] : ["token"])];
    const answer = ask(title, alert.text, parts);
    at("act-error").textContent = problem;
    if (!(await answer)) return;
    const body = { key: alert.key, by: at("act-by").value.trim() };
    if (what === "silence") body.until = Math.round(now() + 3600 * Number(at("act-hours").value));
    try {
      const done = await fetch(`${BASE}/api/alerts/${what}`, {
        method: "POST", headers: headers({ "Content-Type": "application/json" }), body: JSON.stringify(body),
      });
      if (done.ok) return;
      refused = done.status === 401;
      problem = plain((await done.json()).error);
    } catch {
      problem = "No connection to the monitor.";
    }
  }
}
