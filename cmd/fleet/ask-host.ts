// What fxn says on another machine, asked over ssh as its operator would: nothing listens there for it, and no key is anywhere new.
import { z } from "zod";
import { systemClock } from "../../src/core/clock.ts";
import { FxnError, messageOf } from "../../src/core/errors.ts";
import type { NodeStatus } from "../../src/core/status.ts";
import { clean } from "../../src/lib/clean.ts";
import { createRunTool } from "../../src/lib/run-tool.ts";
import { nodeStatus } from "../node-status.ts";

class FleetError extends FxnError<"fleet_no_ssh" | "fleet_no_answer" | "fleet_no_status"> {}

export interface HostAnswer {
  readonly host: string;
  /** null: there is none, for that reason. */
  readonly status: NodeStatus | null;
  readonly error: string | null;
  /** Of thirty days, as text amounts; empty where there are none, or they are not told. */
  readonly earnings: readonly HostEarning[];
}

export interface HostEarning {
  readonly network: string;
  readonly asset: string;
  readonly rewards: string;
  readonly gas: string;
}

const SSH = { name: "ssh", alsoIn: [], timeoutMs: 30_000, maxBytes: 4 * 1024 * 1024 } as const;
/**
 * Nobody is asked anything: who has to type a password cannot be a machine in a list. A host gets neither the operator's agent
 * nor screen, whatever ssh's own configuration says: it answers a question.
 */
const OPTIONS = ["-T", "-a", "-x", "-o", "BatchMode=yes", "-o", "ConnectTimeout=10"];
/** An agent's keys are the usual way to be let in. */
const VARIABLES = ["SSH_AUTH_SOCK", "USERPROFILE"];

/** "[user@]host" as ssh knows it; never what ssh would take for an option. */
export function isHost(text: string): boolean {
  return /^(?:[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}@)?[A-Za-z0-9_][A-Za-z0-9_.:%-]{0,252}$/.test(text);
}

const notRunning = z.object({ schema: z.literal(1), running: z.literal(false), home: z.string() });
const amount = z.string().regex(/^\d{1,30}(?:\.\d{1,18})?$/);
const earned = z.object({
  schema: z.literal(1),
  rows: z.array(
    z.object({
      network: z.string(),
      assets: z.array(z.object({ asset: z.string(), rewards: amount, gas: amount })),
    }),
  ),
});

/** Never throws: what is wrong is its answer. */
export async function askHost(host: string, env: Readonly<Record<string, string | undefined>>): Promise<HostAnswer> {
  // One of its own for each host: a connection that hangs holds up no other.
  const run = createRunTool({ clock: systemClock, env, platform: process.platform });
  const ask = async (words: string) => {
    const output = await run({ ...SSH, variables: VARIABLES }, [...OPTIONS, "--", host, words]);
    if (!output) throw new FleetError("fleet_no_ssh", 500, "there is no ssh on this machine");
    return output;
  };
  try {
    const { stdout, stderr } = await ask("fxn status --json");
    const status = statusIn(stdout, stderr);
    return { host, status, error: null, earnings: await earningsOf(ask) };
  } catch (error) {
    return { host, status: null, error: clean(messageOf(error)), earnings: [] };
  }
}

function statusIn(stdout: string, stderr: string): NodeStatus {
  const said = parsed(stdout);
  const status = nodeStatus.safeParse(said);
  if (status.success) return status.data;
  const none = notRunning.safeParse(said);
  if (none.success) throw new FleetError("fleet_no_status", 502, `no node runs on ${none.data.home}`);
  const why = stderr.trim().split("\n").at(-1) || "its answer is not that of fxn status --json";
  throw new FleetError("fleet_no_answer", 502, why);
}

/** They come beside the status, and do not stand in its way. */
async function earningsOf(ask: (words: string) => Promise<{ stdout: string }>): Promise<HostEarning[]> {
  try {
    const { stdout } = await ask("fxn earnings --by network --since 30d --json");
    const { rows } = earned.parse(parsed(stdout));
    return rows.flatMap(({ network, assets }) =>
      assets.map(({ asset, rewards, gas }) => ({ network, asset, rewards, gas })),
    );
  } catch {
    return [];
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
