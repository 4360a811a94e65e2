// What the model servers add to the doctor: each is asked anew by its own kind's probe and list, beside what calls have found.
import { BackendError, type ModelBackend } from "../core/backend.ts";
import { type Check, type CheckAnswer, type CheckKind, checksOn, fail, ok, skip, warn } from "../core/check.ts";
import type { Clock } from "../core/clock.ts";
import { messageOf } from "../core/errors.ts";
import { TooLate, within } from "../lib/abort.ts";
import { QUEUE_SHARE } from "../observe/alerts/limits.ts";
import type { ModelPool } from "./pool.ts";
import type { Upstream } from "./upstream.ts";

export interface ModelServersLook {
  readonly upstreams: readonly Upstream[];
  readonly pools: readonly ModelPool[];
  /** A request for any model goes to the only one. */
  readonly catchAll: boolean;
  /** Milliseconds that a probe may take. */
  readonly probeTimeout: number;
  readonly clock: Clock;
}

/** Less than a check has for all of them: one that hangs does not hide what the others do. */
const MOST_MS = 8000;

const ANSWERS = "backend.answers";
const OTHERS = "other servers do its work";
const HINT = "Start it, or correct its url in model_backend.yaml; what it says of itself is in its own log.";
const MODEL_HINT = "Load it there, or correct model_backend.yaml: `model` is the name that the server knows.";

export const MODEL_SERVER_CHECKS: readonly CheckKind<ModelServersLook>[] = [
  {
    id: ANSWERS,
    title: "The model servers answer",
    looksAt:
      "Each model server of model_backend.yaml, by the health probe of its kind; and whether the node has left it out after failures.",
    mend: "Start the model server, or correct its url in model_backend.yaml. With another fault, its own log says more.",
    run: answering,
  },
  {
    id: "backend.models",
    title: "The model servers have the models",
    looksAt: "Whether each model server lists the models for which model_backend.yaml sends requests to it.",
    mend: "Load the model on its server, or correct model_backend.yaml: a backend's `model` is the name that its server knows.",
    after: [ANSWERS],
    run: listing,
  },
  {
    id: "queue.room",
    title: "The queues have room",
    looksAt: "How many requests wait for each model, beside queue.size: one more than that is answered 429.",
    mend: "Its model servers are slow, or too few: give the model another server, raise maxConcurrent where a server can do more at once, or let more wait (queue.size).",
    run: async ({ pools }) => room(pools),
  },
];

export function modelServerChecks(look: ModelServersLook): readonly Check[] {
  const ofKinds = look.upstreams.flatMap((upstream) =>
    upstream.backend.checks(routesOf(upstream, look.pools)).map((check) => ({ upstream, check })),
  );
  return [
    ...checksOn(MODEL_SERVER_CHECKS, look),
    ...[...Map.groupBy(ofKinds, ({ check }) => check.id).values()].flatMap((same) => together(same, look.pools)),
  ];
}

/** For which calls are sent to it, whatever the model. */
function routesOf(upstream: Upstream, pools: readonly ModelPool[]): ReadonlySet<string> {
  const members = pools.flatMap(({ members }) => members.filter((member) => member.upstream === upstream));
  return new Set(members.flatMap(({ config }) => config.routes));
}

/** Models that have no server but these. */
function without(pools: readonly ModelPool[], servers: { has(upstream: Upstream): boolean }): readonly ModelPool[] {
  return pools.filter(({ members }) => members.every(({ upstream }) => servers.has(upstream)));
}

const WORSE = ["skip", "ok", "warn", "fail"] as const;

interface OfServer {
  readonly upstream: Upstream;
  readonly check: Check;
}

/** The same of several servers is one question: what is not well with any of them is the answer. */
function together(checks: readonly OfServer[], pools: readonly ModelPool[]): readonly Check[] {
  const [first] = checks;
  if (!first) return [];
  const one: Check = {
    ...first.check,
    async run(signal) {
      const answers = await Promise.all(
        checks.map(async ({ upstream, check }) => ({ upstream, ...(await check.run(signal)) })),
      );
      const worst = WORSE.findLast((state) => answers.some((answer) => answer.state === state)) ?? "skip";
      const same = answers.filter(({ state }) => state === worst);
      const message = same.map(({ message }) => message).join("; ");
      const hint = same.find((answer) => answer.hint)?.hint ?? HINT;
      const failed = new Set(same.map(({ upstream }) => upstream));
      const idle = { has: (upstream: Upstream) => failed.has(upstream) || upstream.breaker.state === "open" };
      const served = without(pools, idle).length === 0;
      if (worst === "fail") return served ? warn(`${message}; ${OTHERS}`, hint) : fail(message, hint);
      return worst === "warn" ? warn(message, hint) : { state: worst, message };
    },
  };
  return [one];
}

/** What one server gives in its own time. Throws in its words, or in the node's when it says nothing. */
async function asked<T>(
  { name, backend }: Upstream,
  { probeTimeout, clock }: ModelServersLook,
  signal: AbortSignal,
  question: (backend: ModelBackend, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  try {
    return await within(Math.min(probeTimeout, MOST_MS), clock, signal, (ending) => question(backend, ending));
  } catch (error) {
    throw error instanceof TooLate ? new BackendError("first_byte_timeout", 504, `${name}: ${error.message}`) : error;
  }
}

async function answering(look: ModelServersLook, signal: AbortSignal): Promise<CheckAnswer> {
  const { upstreams, pools } = look;
  if (upstreams.length === 0) return skip("there is none");
  const troubles = new Map<Upstream, string>();
  await Promise.all(
    upstreams.map(async (upstream) => {
      const probe = asked(upstream, look, signal, (backend, ending) => backend.probe(ending));
      const trouble = await probe.then(() => leftOut(upstream), messageOf);
      if (trouble !== undefined) troubles.set(upstream, trouble);
    }),
  );
  if (troubles.size === 0) return ok(upstreams.map(({ name }) => name).join(", "));
  const message = [...troubles.values()].join("; ");
  const unserved = without(pools, troubles);
  if (unserved.length === 0) return warn(`${message}; ${OTHERS}`, HINT);
  return fail(`${message}; nothing serves ${unserved.map(({ model }) => nameOf(model.id)).join(", ")}`, HINT);
}

/** It passes its probe, and fails requests. */
function leftOut({ name, breaker }: Upstream): string | undefined {
  return breaker.state === "open" ? `${name} is left out: ${breaker.lastError ?? "it failed"}` : undefined;
}

async function listing(look: ModelServersLook, signal: AbortSignal): Promise<CheckAnswer> {
  const { pools, catchAll } = look;
  const missing: string[] = [];
  let unserved = false;
  let unsure = false;
  const untold = new Set<string>();
  const lists = new Map<Upstream, Promise<readonly string[] | undefined>>();
  const listOf = (upstream: Upstream) => {
    const list =
      lists.get(upstream) ??
      asked(upstream, look, signal, (backend, ending) => backend.models(ending)).catch(
        (error) => void untold.add(messageOf(error)),
      );
    lists.set(upstream, list);
    return list;
  };
  // All at once: one that says nothing takes its time.
  await Promise.all(pools.flatMap(({ members }) => members.map(({ upstream }) => listOf(upstream))));
  for (const { model, members } of pools) {
    const before = missing.length;
    let heard = 0;
    for (const { upstream, config } of members) {
      const name = config.model ?? (catchAll ? undefined : model.id);
      const listed = await listOf(upstream);
      if (listed) heard += 1;
      if (listed && name !== undefined && !has(listed, name)) missing.push(`${upstream.name} does not have ${name}`);
      else if (listed?.length === 0) missing.push(`${upstream.name} has no model`);
    }
    const without = missing.length - before;
    if (without === members.length) unserved = true;
    else if (without > 0 && without === heard) unsure = true;
  }
  const words = missing.join("; ");
  if (unserved) return fail(words, MODEL_HINT);
  if (missing.length > 0 && !unsure) return warn(`${words}; ${OTHERS}`, MODEL_HINT);
  // A server that keeps its list to itself may have the model all the same: only a call can tell.
  if (untold.size > 0) return warn([...missing, ...untold].join("; "), MODEL_HINT);
  return ok(pools.map(({ model }) => nameOf(model.id)).join(", ") || "none is named");
}

function room(pools: readonly ModelPool[]): CheckAnswer {
  const near = pools.filter(({ waiting, mayWait }) => waiting > QUEUE_SHARE * mayWait);
  const waiting = pools.reduce((sum, pool) => sum + pool.waiting, 0);
  if (near.length === 0) return ok(waiting === 0 ? "nobody waits" : `${waiting} wait`);
  const words = near.map(
    ({ model, waiting, mayWait }) => `${waiting} of at most ${mayWait} wait for ${nameOf(model.id)}`,
  );
  return warn(
    words.join("; "),
    "Its model servers are slow, or too few (fxn top shows which): give it another one, or raise maxConcurrent where one can do more.",
  );
}

/** Ollama takes a name without its tag for the latest. */
function has(listed: readonly string[], name: string): boolean {
  return listed.includes(name) || listed.includes(`${name}:latest`);
}

const nameOf = (id: string) => id || "any model";
