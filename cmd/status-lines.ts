// What fxn status says: ten lines in the ordinary case, what is not well first, each with what to do next.
import { formatDuration } from "../src/core/duration.ts";
import type { NodePhase, NodeStatus } from "../src/core/status.ts";
import { clean } from "../src/lib/clean.ts";
import { backendWords, troubledFirst } from "./backend-words.ts";
import { age } from "./top/figures.ts";

const MOST_REASONS = 5;
const MOST_TROUBLED = 3;
const MOST_NAMES = 5;
/** Of more networks than this those that are ready share a line. */
const MOST_NETWORKS = 3;
const LONGEST = 300;

/** @param program the version of the file that says this @param traffic what came of late; undefined: that is not known here */
export function statusLines(status: NodeStatus, program: string, traffic?: string): string[] {
  return [
    `fxn ${status.version}${status.address === null ? "" : `  ${status.address}`}  up ${formatDuration(status.uptimeSeconds * 1000)}`,
    ...readiness(status),
    ...restart(status, program),
    ...configuration(status),
    ...few(status.cautions, MOST_REASONS).map((caution) => labelled("caution", caution)),
    labelled("listens on", `${where(status)}, for the operator on ${status.admin}`),
    ...modelServers(status),
    ...queue(status),
    ...(traffic === undefined ? [] : [labelled("traffic", `${traffic}; all of it: fxn ledger`)]),
    ...registries(status),
    ...engines(status),
    ...(status.address === null ? [] : [labelled("provider", providerWords(status))]),
    ...networks(status),
    ...alerts(status),
  ];
}

function labelled(label: string, words: string): string {
  return `${label.padEnd(12)} ${words}`;
}

const STEP: Readonly<Record<NodePhase, string>> = {
  starting: "STARTING; if it stays so: fxn why",
  serving: "NOT READY; what is wrong, step by step: fxn why",
  stopping: "STOPPING: what runs may end, nothing new is taken; afterwards: fxn start",
};

function readiness({ phase, ready, reasons }: NodeStatus): string[] {
  if (ready) return ["ready: requests are served; watch it with fxn top"];
  if (phase === "stopping") return [STEP.stopping];
  return [STEP[phase], ...few(reasons, MOST_REASONS).map((reason) => `  - ${reason}`)];
}

/** A newer release; or the file on the disk is not what runs, and an update waits for a restart. */
function restart({ version, update }: NodeStatus, program: string): string[] {
  if (version === program) {
    const hole = update?.security ? " and mends a hole" : "";
    return update ? [labelled("update", `fxn ${clean(update.version)} is there${hole}: fxn update`)] : [];
  }
  return [labelled("update", `this program is fxn ${program}, and the node still runs ${version}: fxn restart`)];
}

/** Only when the files and what runs differ. */
function configuration({ configuration: { loadedAt, lastError, restartPending } }: NodeStatus): string[] {
  const pending = few(restartPending, MOST_NAMES).join(", ");
  const waiting = pending === "" ? [] : [labelled("config", `restart pending: ${pending}; fxn restart`)];
  if (lastError === null) return waiting;
  const [first] = few(lastError.split("\n"), 1);
  return [labelled("config", `of ${loadedAt}; the last reload was REFUSED: ${first}; fxn config check`), ...waiting];
}

function where({ listen, workers }: NodeStatus): string {
  return workers.length > 1 ? `${listen} with ${workers.length} workers` : listen;
}

function modelServers({ backends, models, streams }: NodeStatus): string[] {
  if (backends.length === 0) return [labelled("model server", "none: run fxn init, or write model_backend.yaml")];
  const well = backends.filter(({ state }) => state === "closed");
  const troubled = troubledFirst(backends).slice(0, backends.length - well.length);
  const lines = troubled.map(({ name, kind, state, lastError, leftOutForMs }) => {
    const error = lastError === null ? "" : `: ${clean(lastError, LONGEST)}`;
    const again = leftOutForMs > 0 ? `, asked again in ${age(leftOutForMs)}` : "";
    const step = state === "open" ? `${again}; is it running? fxn doctor` : "";
    return `${name} (${kind}) ${backendWords(state)}${error}${step}`;
  });
  const running = backends.reduce((sum, { inFlight }) => sum + inFlight, 0);
  const named = few(
    models.map((model) => clean(model)),
    MOST_NAMES,
  ).join(", ");
  const [one] = well;
  const who = one && well.length === 1 ? `${one.name} (${one.kind}) up` : `${well.length} up`;
  const streamed = streams ? ` (${streams} ${streams === 1 ? "stream" : "streams"})` : "";
  return [...few(lines, MOST_TROUBLED), ...(one ? [`${who}, ${running} under way${streamed}: ${named}`] : [])].map(
    (line) => labelled("model server", line),
  );
}

function queue({ waiting }: NodeStatus): string[] {
  const queued = Object.entries(waiting).filter(([, count]) => count > 0);
  if (queued.length === 0) return [];
  const words = few(
    queued.map(([model, count]) => `${count} for ${clean(model)}`),
    MOST_NAMES,
  ).join(", ");
  return [labelled("waiting", `${words}; if it stays so, add a model server or places in model_backend.yaml`)];
}

function registries(status: NodeStatus): string[] {
  const all = Object.entries(status.registries).toSorted(([, a], [, b]) => Number(b.stale) - Number(a.stale));
  if (all.length === 0) return [];
  const words = all.map(([name, { entries, ageSeconds, stale }]) => {
    const read = ageSeconds === null ? "never read" : `read ${age(ageSeconds * 1000)} ago`;
    return stale ? `${name} TOO OLD, ${read}` : `${name} ${entries}, ${read}`;
  });
  const [fault] = all.flatMap(([, { lastError }]) => lastError ?? []);
  const error = fault === undefined ? "" : `; last error: ${clean(fault, LONGEST)}`;
  const step = error !== "" || all.some(([, { stale }]) => stale) ? `${error}; see fxn doctor` : "";
  return [labelled("registries", `${words.join("; ")}${step}`)];
}

function engines(status: NodeStatus): string[] {
  if (status.engines.length === 0) return [];
  const words = status.engines.map(({ backend, device, api }) => `${backend} on ${device} (${api})`);
  return [labelled("computes", few(words, MOST_NAMES).join(", "))];
}

function providerWords({ provider, registries }: NodeStatus): string {
  if (!provider) return "not known yet whether this node is registered: fxn why";
  if (provider.active) return "registered and active";
  // Who has just registered is not to be told to do so without a word of when that was true.
  const read = registries.providers?.ageSeconds ?? null;
  const when = read === null ? "" : ` (read ${age(read * 1000)} ago)`;
  if (provider.paused) return `registered, but paused${when}: run fxn provider unpause`;
  return provider.registered
    ? `registered, but not active${when}; is enough staked? fxn provider status`
    : `not registered${when}: run fxn provider register to get work`;
}

function networks(status: NodeStatus): string[] {
  const ready = status.networks.filter((network) => network.ready);
  const lines = status.networks
    .filter((network) => !network.ready)
    .map(({ id, reasons }) => {
      const why = few(
        reasons.map((reason) => clean(reason, LONGEST)),
        MOST_TROUBLED,
      ).join("; ");
      return labelled(id, `NOT READY: ${why}; what to do: fxn networks status --check`);
    });
  if (ready.length > 1 && status.networks.length > MOST_NETWORKS) {
    return [...lines, labelled("networks", `ready: ${ready.map(({ id }) => id).join(", ")}`)];
  }
  const well = ready.map(({ id, listen }) => labelled(id, `ready${listen === null ? "" : `, listens on ${listen}`}`));
  return [...lines, ...well];
}

/** Only what wants something done. */
function alerts(status: NodeStatus): string[] {
  if (!status.alerts) return [];
  const { firing, targets } = status.alerts;
  const ids = few(
    firing.map(({ id }) => id),
    MOST_NAMES,
  ).join(", ");
  const failing = targets.flatMap(({ name, lastError }) => (lastError === null ? [] : `${name}: ${lastError}`));
  return [
    ...(firing.length > 0 ? [labelled("alerts", `${ids}; fxn alerts list`)] : []),
    ...few(failing, MOST_TROUBLED).map((line) => labelled("alerts", `NOT TAKEN by ${line}; fxn alerts test`)),
  ];
}

/** The first of them, and how many there are more. */
function few(words: readonly string[], most: number): string[] {
  const left = words.length - most;
  const first = words.slice(0, most).map((word) => clean(word, LONGEST));
  return left > 0 ? [...first, `and ${left} more: fxn status --json`] : first;
}
