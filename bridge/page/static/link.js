// The connection: one tab of a browser holds the stream and passes it on to the others, as browsers allow six to a server.

import { BASE, setClock } from "./dom.js";

const SILENT = 8000; // milliseconds without a sign of life, of which there is one every 5 seconds
const TOKEN = "alvh-token";
const channel = new BroadcastChannel(`alvh${BASE}`);
let heard = 0;
let alive = null;
let opened = false;

export const token = () => sessionStorage.getItem(TOKEN) ?? "";
export const setToken = (text) => sessionStorage.setItem(TOKEN, text);

/** Take the token out of the address bar, where the command that serves the page put it. */
export function takeToken() {
  const found = /^#token=(.+)$/.exec(location.hash);
  if (!found) return;
  setToken(decodeURIComponent(found[1]));
  history.replaceState(null, "", location.pathname);
}

export const headers = (more = {}) => (token() ? { ...more, Authorization: `Bearer ${token()}` } : more);
const wait = (milliseconds) => new Promise((done) => { setTimeout(done, milliseconds); });

/** Call `told(event)` for every view and change, `state(alive)` when the connection comes or goes, `login()` for a token. */
export async function watch({ told, state, login }) {
  const say = (now) => { if (now !== alive) state(alive = now); };
  const hear = () => { heard = performance.now(); if (opened) say(true); };
  const take = (event) => {
    hear();
    if (event.set) { setClock(event.at); told(event); }
  };
  let early = [];
  channel.onmessage = ({ data }) => (opened ? take(data) : early.push(data));
  heard = performance.now();
  setInterval(() => { if (performance.now() - heard > SILENT) say(false); }, 1000);
  for (let pause = 500; !opened; pause = Math.min(2 * pause, 4000)) {
    const first = await snapshot(login);
    if (!first) { await wait(pause); continue; }
    opened = true;
    take(first);
    early.filter((event) => event.whole || event.cycle > first.cycle).forEach(take);
    early = [];
  }
  const lead = () => stream((event) => { take(event); channel.postMessage(event); }, () => say(false), login);
  if (navigator.locks) navigator.locks.request(`alvh-stream${BASE}`, lead);
  else lead();
}

async function snapshot(login) {
  try {
    const answer = await fetch(`${BASE}/api/snapshot?wait`, { headers: headers() });
    if (answer.status === 401) { await login(); return null; }
    if (!answer.ok || answer.status === 204) return null;  // 204: before the first look
    const set = await answer.json();
    const date = Date.parse(answer.headers.get("date"));
    return { cycle: Number(answer.headers.get("x-cycle")), at: (Number.isNaN(date) ? Date.now() : date) / 1000, set, whole: true };
  } catch {
    return null;
  }
}

async function stream(take, lost, login) {
  let pause = 500;
  for (;;) {
    const ended = new AbortController();
    const watchdog = setInterval(() => { if (performance.now() - heard > SILENT) ended.abort(); }, 1000);
    heard = performance.now();
    try {
      const answer = await fetch(`${BASE}/events`, { headers: headers(), signal: ended.signal });
      if (answer.status === 401) await login();
      else if (answer.ok) {
        await read(answer.body.pipeThrough(new TextDecoderStream()).getReader(), (event) => { pause = 500; take(event); });
      }
    } catch { /* it ended; what follows says so */ }
    clearInterval(watchdog);
    lost();
    await wait(pause + 250 * Math.random());
    pause = Math.min(2 * pause, 4000);
  }
}

async function read(reader, take) {
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const events = (rest + value).split("\n\n");
    rest = events.pop();
    for (const event of events) {
      const data = /^data: (.*)$/m.exec(event);
      take(data ? { ...JSON.parse(data[1]), whole: event.startsWith("event: view") } : {});
    }
  }
}
