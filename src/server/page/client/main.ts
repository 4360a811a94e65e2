// The operator's page: asks the node every few seconds and shows what it says, until the tab is closed.
import type { Activity } from "../../../core/activity.ts";
import { showChallenges } from "./challenges.ts";
import { ask, useLink, useToken } from "./connection.ts";
import { byId } from "./dom.ts";
import { ledgerView } from "./ledger.ts";
import { earningsView } from "./money.ts";
import { showServing } from "./serving.ts";
import { badgeOf, showState } from "./state.ts";
import { themeSwitch } from "./theme.ts";
import { trafficCharts } from "./traffic.ts";
import { moment } from "./words.ts";

const SEEN_MS = 2000;
const UNSEEN_MS = 5000;

let latest: Activity | undefined;
let timer: ReturnType<typeof setTimeout> | undefined;
let drawCharts: ((activity: Activity) => void)[] | undefined;
const drawLedger = ledgerView(() => latest && drawLedger(latest));

function draw(activity: Activity): void {
  latest = activity;
  byId("told").hidden = false;
  showState(activity);
  // Once they have a place: what is hidden has no width.
  drawCharts ??= [trafficCharts(), earningsView()];
  for (const drawn of drawCharts) drawn(activity);
  showServing(activity.status);
  showChallenges(activity);
  drawLedger(activity);
}

function sayNothingComes(fault: string): void {
  const since = latest
    ? ` It was last heard of at ${moment(latest.now, Date.now())}: what stands below is from then.`
    : "";
  const text = fault === "" ? "" : `${fault}${since} It is asked again every few seconds.`;
  const silence = byId("silence");
  if (silence.textContent !== text) silence.textContent = text;
  silence.hidden = text === "";
  document.body.classList.toggle("stale", text !== "");
}

async function round(): Promise<void> {
  clearTimeout(timer);
  const answer = await ask();
  byId("entrance").hidden = answer.kind !== "locked";
  byId("parts").hidden = answer.kind === "locked";
  sayNothingComes(answer.kind === "silent" ? answer.fault : "");
  if (answer.kind === "facts") draw(answer.activity);
  else if (answer.kind === "silent") badgeOf("No answer", "bad");
  else {
    byId("told").hidden = true;
    byId("token-fault").textContent = answer.fault;
    badgeOf("Locked", "warn");
    // Nothing is asked until there is a token: each wrong try counts.
    return;
  }
  timer = setTimeout(round, document.hidden ? UNSEEN_MS : SEEN_MS);
}

themeSwitch();
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && latest) void round();
});
byId("token-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const field = byId("token");
  if (!(field instanceof HTMLInputElement)) return;
  useToken(field.value.trim());
  field.value = "";
  void round();
});
await useLink();
await round();
