// Elements, numbers and times. Text of strangers becomes text nodes only, without letters that disguise, cut to a length.

export const LINE = 200;
/** What stands before every address of this book: nothing for the first, /books/NAME for others. */
export const BASE = location.pathname.replace(/\/+$/, "");
export const ROWS = 500;
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}]/gu;
const SVG = "http://www.w3.org/2000/svg";
let skew = 0;
let ahead = 0;

/** Seconds of the monitor's clock, whatever the clock of this browser says. */
export const now = () => Date.now() / 1000 + skew;
/** Seconds of the chain's clock: that of the monitor, but on a chain of this machine, whose clock is its own. */
export const chainNow = () => now() + ahead;
export const setChain = (seconds) => { ahead = seconds; };
export const setClock = (seconds) => { skew = seconds - Date.now() / 1000; };

/** A text of others as it may be shown: cut where it is longer than `most`, which the dots at its end say. */
export function plain(value, most = LINE) {
  const words = String(value ?? "").slice(0, 8 * most).replace(UNSEEN, (letter) => ("\n\t".includes(letter) ? " " : ""));
  return words.length > most ? `${words.slice(0, most - 1).trimEnd()}…` : words;
}

/** An element; a text among `children` is shown as it is, never read as HTML. */
export function el(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(key, value);
  }
  made.append(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

export function drawn(name, attributes, ...children) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

export const listed = (value) => (Array.isArray(value) ? value : []);
const known = (value) => typeof value === "number" && Number.isFinite(value);

/** A number as people read it: a true minus, thousands separators. */
export function figure(value, places = 0, signed = false, least = places) {
  if (!known(value)) return "–";
  const text = Math.abs(value).toLocaleString("en-US", { minimumFractionDigits: least, maximumFractionDigits: places });
  if (!/[1-9]/.test(text)) return text;
  return `${value < 0 ? "−" : signed ? "+" : ""}${text}`;
}

const digits = (value) => (Math.abs(value) >= 100 || value === 0 ? 2 : Math.min(8, Math.max(2, 3 - Math.floor(Math.log10(Math.abs(value))))));
const written = {
  usd: (value) => `${figure(value)} USD`,
  usdSigned: (value) => `${figure(value, 0, true)} USD`,
  whole: (value) => figure(value),
  signed: (value) => figure(value, 0, true),
  price: (value) => figure(value, digits(value)),
  units: (value) => figure(value, Math.min(4, digits(value)), false, 0),
  unitsSigned: (value) => figure(value, Math.min(4, digits(value)), true, 0),
  percent: (value) => `${figure(100 * value, 1)} %`,
  percentSigned: (value) => `${figure(100 * value, 1, true)} %`,
};

/** A number with its exact value for machines; of one that is not known a dash, and why. */
export function num(value, kind = "whole", why = "") {
  if (known(value)) return el("data", { value: String(value) }, written[kind](value));
  return el("span", { class: "none" }, "–", why ? el("span", { class: "sub" }, ` ${plain(why)}`) : null);
}
export const words = (value, kind) => (known(value) ? written[kind](value) : "–");

export function span(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 120) return `${whole} s`;
  if (whole < 7200) return `${Math.round(whole / 60)} min`;
  if (whole < 172800) return `${Math.round(whole / 3600)} h`;
  return `${Math.round(whole / 86400)} days`;
}

export function utc(seconds) {
  const at = new Date(seconds * 1000);
  return Number.isNaN(at.getTime()) ? `${seconds} s` : `${at.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

/** A time that says its distance, kept up to date by `tick`: "3 min old", "in 2 h", "5 min ago", "over for 5 min". */
export function moment(seconds, says, limit = null, clock = "chain") {
  if (!seconds) return el("span", { class: "none" }, "–");
  const made = el("time", { "data-at": seconds, "data-says": says, "data-clock": clock, title: utc(seconds) });
  if (limit) made.dataset.limit = limit;
  put(made);
  return made;
}

function put(time) {
  const away = Number(time.dataset.at) - (time.dataset.clock === "wall" ? now() : chainNow());
  const [length, says] = [span(Math.abs(away)), time.dataset.says];
  let text = says === "old" ? `${span(-away)} old` : away > 0 ? `in ${length}` : says === "end" ? `over for ${length}` : `${length} ago`;
  const old = Boolean(time.dataset.limit) && -away > Number(time.dataset.limit);
  if (old) text += ", stale";
  if (time.textContent !== text) time.textContent = text;
  time.classList.toggle("stale", old);
}
export const tick = () => document.querySelectorAll("time[data-at]").forEach(put);

/** A table that scrolls by itself; `columns` are [title, class]; rows are arrays of cells, the first their heading. */
export function table(name, columns, rows, note = null) {
  const shown = rows.slice(0, ROWS);
  const head = el("tr", {}, columns.map(([title, look]) => el("th", { scope: "col", class: look }, title)));
  const body = shown.map((cells) => el("tr", {}, cells.map((cell, at) =>
    at === 0 ? el("th", { scope: "row", class: columns[0][1] }, cell) : el("td", { class: columns[at]?.[1] }, cell))));
  const left = rows.length > ROWS ? el("p", { class: "note" }, `${rows.length - ROWS} more are not listed.`) : null;
  return [el("div", { class: "scroll", role: "group", tabindex: "0", "aria-label": name },
    el("table", {}, el("thead", {}, head), el("tbody", {}, body))), left, note];
}

export const details = (key, title, ...children) => el("details", { "data-key": key }, el("summary", { "data-key": `summary ${key}` }, title), ...children);
export const note = (text) => el("p", { class: "note wrap-any" }, text);
export const tag = (text, look = "") => el("span", { class: `tag ${look}` }, plain(text, 40));

/** A bar of a share with its words beside it; over 1 it is hatched and says so. */
export function bar(share, label, look = "") {
  const wide = known(share) ? Math.min(100, Math.max(0, 100 * Math.abs(share))) : 0;
  const fill = el("span", { class: known(share) && Math.abs(share) > 1 ? "fill over" : `fill ${look}` });
  fill.style.width = `${wide}%`;
  return el("span", { class: "bar", role: "img", "aria-label": label }, fill);
}

/** Put new content into a block: what is open, focused or scrolled there stays so. */
export function fill(body, ...children) {
  const open = new Map([...body.querySelectorAll("details[data-key]")].map((each) => [each.dataset.key, each.open]));
  const focus = body.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
  const scrolled = [...body.querySelectorAll(".scroll")].map((each) => each.scrollLeft);
  body.replaceChildren(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false));
  body.querySelectorAll("details[data-key]").forEach((each) => { each.open = open.get(each.dataset.key) ?? each.open; });
  body.querySelectorAll(".scroll").forEach((each, at) => { each.scrollLeft = scrolled[at] ?? 0; });
  if (focus) [...body.querySelectorAll("[data-key]")].find((each) => each.dataset.key === focus)?.focus();
}

/** A whole text in a code element with a button that copies it. */
export function copyable(key, text) {
  const code = el("code", {}, plain(text, 4000));
  const button = el("button", { type: "button", class: "small", "data-key": `copy ${key}`, "aria-label": `Copy ${key}`, onclick: copy }, "Copy");
  async function copy() {
    try {
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(code);
      button.textContent = "Selected";
    }
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  }
  return el("span", { class: "copyable" }, code, " ", button);
}
