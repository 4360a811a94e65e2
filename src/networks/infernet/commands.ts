// The owner's commands from afar: install or remove a model. Only what the operator has allowed, and nothing is lost in a crash.
import { z } from "zod";
import { type Clock, sleep } from "../../core/clock.ts";
import { messageOf } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import type { NetworkState, StateItem } from "../../core/network-state.ts";
import type { Fetch } from "../../lib/fetch.ts";
import { installModel, isModelName, removeModel } from "../../lib/ollama.ts";
import type { NetworkMetrics } from "../../observe/metrics/network.ts";
import { Backoff, jittered } from "./backoff.ts";
import type { ControlPlane } from "./control-plane.ts";
import { ControlPlaneError, InfernetError } from "./errors.ts";
import { completeCommand, pollCommands, UUID } from "./routes.ts";

export interface CommandPorts {
  readonly plane: ControlPlane;
  readonly state: NetworkState;
  readonly fetch: Fetch;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: NetworkMetrics;
  random(): number;
}

export interface CommandTerms {
  readonly everyMs: number;
  readonly retryMs: number;
  readonly ollamaHost: string | undefined;
  readonly allowed: readonly string[];
  readonly timeoutMs: number;
}

const KIND = "command";
const CLAIMED = "claimed";
const TOLD = "told";
const REMEMBER_MS = 30 * 24 * 60 * 60 * 1000;

const outcome = z.object({
  status: z.enum(["completed", "failed"]),
  result: z.object({ stdout: z.string(), stderr: z.string(), code: z.number() }).optional(),
  error: z.string().optional(),
});
type CommandOutcome = z.infer<typeof outcome>;
const identified = z.object({ id: z.string().regex(UUID) });
const entryForm = z.object({ command: z.string(), args: z.unknown() });
type Claimed = { readonly id: string } & (z.infer<typeof entryForm> | { readonly problem: string });
const args = z.object({ model: z.string().trim() });

/** Claims, runs and answers commands until the signal aborts. */
export async function runCommands(ports: CommandPorts, terms: CommandTerms, signal: AbortSignal): Promise<void> {
  const { plane, state, clock, log, metrics, random } = ports;
  const failing = new Backoff(terms.everyMs / 8, terms.everyMs * 4, random);
  for (const { key, value } of leftOf(ports)) {
    await tell(ports, terms, key, outcomeOf(value) ?? failed("the node was restarted"), signal);
  }
  while (!signal.aborted) {
    let waitMs = jittered(terms.everyMs, random);
    try {
      const polled = await pollCommands(plane, signal);
      metrics.call("commands", "ok");
      failing.reset();
      // All of them are ours now and never come again: they are remembered before the first is begun.
      for (const claimed of polled.map((entry) => claim(ports, entry))) {
        if (signal.aborted) return;
        if (!claimed) continue;
        const end =
          "problem" in claimed
            ? failed(claimed.problem)
            : await perform(ports, terms, claimed.command, claimed.args, signal);
        keep(ports, claimed.id, JSON.stringify(end));
        await tell(ports, terms, claimed.id, end, signal);
      }
      state.forget(KIND, clock.now() - REMEMBER_MS);
    } catch (error) {
      if (signal.aborted) return;
      metrics.call("commands", "failed");
      if (failing.failures === 0)
        log.warn({ network: "infernet", error: messageOf(error) }, "no commands could be asked for");
      waitMs = failing.next();
    }
    await sleep(clock, waitMs, signal);
  }
}

function leftOf({ state, log }: CommandPorts): readonly StateItem[] {
  try {
    return state.all(KIND).filter(({ value }) => value !== TOLD);
  } catch (error) {
    log.error({ network: "infernet", error: messageOf(error) }, "commands of before could not be read");
    return [];
  }
}

/** What to do for an entry of the poll, or why it is not done; undefined: it is known already, or there is nobody to tell. */
function claim({ state, log }: CommandPorts, entry: unknown): Claimed | undefined {
  const named = identified.safeParse(entry);
  if (!named.success) return undefined;
  const { id } = named.data;
  try {
    if (!state.add(KIND, id, CLAIMED)) return undefined;
  } catch (error) {
    log.error({ network: "infernet", error: messageOf(error) }, "a command could not be remembered, and is not run");
    return { id, problem: "this node cannot write down what it is told to do" };
  }
  const known = entryForm.safeParse(entry);
  return known.success ? { id, ...known.data } : { id, problem: "the command is not as it should be" };
}

/** What cannot be kept is told all the same: the owner waits for it. */
function keep({ state, log }: CommandPorts, id: string, value: string): void {
  try {
    state.set(KIND, id, value);
  } catch (error) {
    log.error({ network: "infernet", error: messageOf(error) }, "a command's end could not be kept");
  }
}

/** The form that the network knows from a program's end. */
async function perform(
  ports: CommandPorts,
  terms: CommandTerms,
  command: string,
  given: unknown,
  signal: AbortSignal,
): Promise<CommandOutcome> {
  try {
    const { host, model } = permitted(terms, command, given);
    ports.log.info({ network: "infernet", command, model }, "a command of the owner");
    const stdout =
      command === "model_install"
        ? await installModel({ fetch: ports.fetch, base: host }, model, terms.timeoutMs, signal)
        : await removeModel({ fetch: ports.fetch, base: host }, model, signal);
    return { status: "completed", result: { stdout, stderr: "", code: 0 } };
  } catch (error) {
    const refused = error instanceof InfernetError && error.status === 403;
    return failed(refused ? error.message : `ollama exited 1: ${messageOf(error).slice(-512)}`);
  }
}

function permitted(terms: CommandTerms, command: string, given: unknown): { host: string; model: string } {
  const refuse = (why: string) => new InfernetError("infernet_command", 403, why);
  if (command !== "model_install" && command !== "model_remove") throw refuse("this node knows no such command");
  const parsed = args.safeParse(given);
  if (!parsed.success || !isModelName(parsed.data.model)) throw refuse("the command names no model");
  const { model } = parsed.data;
  if (!terms.allowed.some((pattern) => fits(pattern, model)))
    throw refuse("the operator of this node has not allowed this model");
  if (terms.ollamaHost === undefined) throw refuse("this node has no Ollama server for commands");
  return { host: terms.ollamaHost, model };
}

/** @param pattern a name, in which * stands for any text */
function fits(pattern: string, model: string): boolean {
  const parts = pattern.split("*").map((part) => part.replace(/[.\\+?^${}()|[\]]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`).test(model);
}

/** Saying the same end again does no harm. */
async function tell(
  ports: CommandPorts,
  { retryMs }: CommandTerms,
  id: string,
  end: CommandOutcome,
  signal: AbortSignal,
): Promise<void> {
  const { plane, clock, log, random } = ports;
  const wait = new Backoff(retryMs, retryMs * 60, random);
  while (!signal.aborted) {
    try {
      await completeCommand(plane, id, end, signal);
      break;
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof ControlPlaneError && error.refused) {
        log.warn({ network: "infernet", error: messageOf(error) }, "the control plane refused a command's end");
        break;
      }
      await sleep(clock, wait.next(), signal);
    }
  }
  if (!signal.aborted) keep(ports, id, TOLD);
}

function failed(error: string): CommandOutcome {
  return { status: "failed", error };
}

function outcomeOf(value: string): CommandOutcome | undefined {
  if (value === CLAIMED) return undefined;
  try {
    return outcome.parse(JSON.parse(value));
  } catch {
    return undefined;
  }
}
