// The owner's commands from afar: install or remove a model. Only what the operator has allowed, and nothing is lost in a crash.
import { z } from "zod";
import { type Clock, sleep } from "../../core/clock.ts";
import { messageOf } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import type { NetworkState } from "../../core/network-state.ts";
import type { Fetch } from "../../lib/fetch.ts";
import type { NetworkMetrics } from "../../observe/metrics/network.ts";
import { Backoff, jittered } from "./backoff.ts";
import type { ControlPlane } from "./control-plane.ts";
import { ControlPlaneError, InfernetError } from "./errors.ts";
import { installModel, isModelName, removeModel } from "./ollama.ts";
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
const args = z.object({ model: z.string().trim() });

/** Claims, runs and answers commands until the signal aborts. */
export async function runCommands(ports: CommandPorts, terms: CommandTerms, signal: AbortSignal): Promise<void> {
  const { plane, state, clock, log, metrics, random } = ports;
  const failing = new Backoff(terms.everyMs / 8, terms.everyMs * 4, random);
  for (const { key, value } of state.all(KIND)) {
    if (value !== TOLD) await tell(ports, terms, key, outcomeOf(value) ?? failed("the node was restarted"), signal);
  }
  while (!signal.aborted) {
    let waitMs = jittered(terms.everyMs, random);
    try {
      const claimed = (await pollCommands(plane, signal)).filter(
        ({ id }) => UUID.test(id) && state.add(KIND, id, CLAIMED),
      );
      metrics.call("commands", "ok");
      failing.reset();
      // All of them are ours now and never come again: they are remembered before the first is begun.
      for (const { id, command, args: given } of claimed) {
        if (signal.aborted) return;
        const end = await perform(ports, terms, command, given, signal);
        state.set(KIND, id, JSON.stringify(end));
        await tell(ports, terms, id, end, signal);
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
        ? await installModel(ports.fetch, host, model, terms.timeoutMs, signal)
        : await removeModel(ports.fetch, host, model, signal);
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
  if (!terms.allowed.includes(model)) throw refuse("the operator of this node has not allowed this model");
  if (terms.ollamaHost === undefined) throw refuse("this node has no Ollama server for commands");
  return { host: terms.ollamaHost, model };
}

/** Saying the same end again does no harm. */
async function tell(
  { plane, state, clock, log, random }: CommandPorts,
  { retryMs }: CommandTerms,
  id: string,
  end: CommandOutcome,
  signal: AbortSignal,
): Promise<void> {
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
  if (!signal.aborted) state.set(KIND, id, TOLD);
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
