// The top of the page: ready or not, who this is, what to look at, and the numbers of this moment.
import type { Activity } from "../../../core/activity.ts";
import { byId, element, show } from "./dom.ts";
import { recent } from "./series.ts";
import type { Tone } from "./table.ts";
import { type Trouble, troublesOf } from "./troubles.ts";
import { number, seconds, short, span } from "./words.ts";

const NO_BREAK = "\u00a0";

export function badgeOf(text: string, tone: Tone): void {
  const badge = byId("badge");
  badge.dataset.tone = tone;
  badge.textContent = text;
  document.title = `${text} – fxn`;
}

export function showState(activity: Activity): void {
  const { status } = activity;
  badgeOf(status.ready ? "Ready" : "Not ready", status.ready ? "good" : "bad");
  const who = status.address === null ? [] : [short(status.address)];
  const facts = [
    `fxn ${status.version}`,
    ...who,
    `up ${span(status.uptimeSeconds)}`.replaceAll(" ", NO_BREAK),
    `callers: ${status.listen}`,
  ];
  byId("identity").textContent = facts.join("  ·  ");
  const troubles = troublesOf(activity);
  show(byId("troubles"), troubles, () =>
    troubles.length === 0 ? [item({ tone: "good", text: "Nothing: requests are served." })] : troubles.map(item),
  );
  const tiles = tilesOf(activity);
  show(byId("tiles"), tiles, () =>
    tiles.map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, value))),
  );
}

function item({ tone, text, next }: Trouble): HTMLElement {
  if (!next) return element("li", { "data-tone": tone }, text);
  const hint = element("span", { class: "next" }, "Next: ", element("code", {}, next.command), ` ${next.says}`);
  return element("li", { "data-tone": tone }, text, hint);
}

function tilesOf(activity: Activity): (readonly [string, string])[] {
  const { samples, status } = activity;
  const last = samples.at(-1);
  const firstToken = samples.findLast(({ firstToken }) => firstToken !== null)?.firstToken;
  const waiting = Object.values(status.waiting).reduce((sum, count) => sum + count, 0);
  const all = (answers: Readonly<Record<string, number>>) =>
    Object.values(answers).reduce((sum, count) => sum + count, 0);
  return [
    ["Requests/s", number(recent(activity, ({ answers }) => all(answers)))],
    ["First token (p50)", seconds(firstToken?.p50)],
    ["Tokens/s", number(recent(activity, ({ completionTokens }) => completionTokens))],
    ["Under way", number(last?.inFlight ?? status.backends.reduce((sum, { inFlight }) => sum + inFlight, 0))],
    ["Streams", number(status.streams)],
    ["Waiting", number(waiting)],
    ["Processes", number(status.workers.length)],
  ];
}
