// fxn drain: takes this node out of work on purpose: paused on the chain first, then what runs ends, then the process.
import { Command, Option, UsageError } from "clipanion";
import { z } from "zod";
import { alreadySo, chosen, type Plan, pausePlan } from "../registries/provider/plans.ts";
import type { Standing } from "../registries/provider/reads.ts";
import { sleep, systemClock } from "../src/core/clock.ts";
import { formatDuration, parseDuration } from "../src/core/duration.ts";
import { FxnError, messageOf } from "../src/core/errors.ts";
import { askControl } from "../src/lib/control-socket.ts";
import { functionIsOn } from "../src/networks/config.ts";
import { EXIT, EXIT_OF_SIGNAL } from "./base.ts";
import { PromptError } from "./prompt.ts";
import { type Outcome, ProviderChainCommand } from "./provider/provider-chain-command.ts";
import { isRunning } from "./restart-node.ts";

export class DrainFailed extends FxnError<"not_running" | "drain_failed"> {}

/** How often gateways of the network read the registry. */
const GRACE_MS = 60_000;
/** Closing takes a moment after the last answer. */
const CLOSING_MS = 15_000;
/** Beyond the deadline the node itself says what it cut. */
const PATIENCE_MS = 60_000;
const POLL_MS = 50;
const INTERRUPTS = ["SIGINT", "SIGTERM"] as const;

const drained = z.object({ cut: z.int() });
const refusal = z.object({ error: z.object({ message: z.string() }) });

interface Paused {
  /** undefined: it has failed, and the node is stopped all the same. */
  readonly outcome: Outcome | undefined;
  /** Whether a registration is paused, or may be any moment. */
  readonly known: boolean;
}

export class DrainCommand extends ProviderChainCommand {
  static override paths = [["drain"]];
  static override usage = Command.Usage({
    category: "Operating",
    description: "pause the registration, let the node finish its work, and stop it",
    details: `
      First the registration is paused on the chain, as by fxn provider pause. The node serves on while gateways may not have read
      that yet (--grace), so no challenge fails and nothing is slashed. Then it takes no new work, ends what it has begun, up to
      --timeout, and stops; its other networks end theirs too. Under systemd it is not started again until somebody does.

      When the chain cannot be asked, nothing is stopped, unless --force says that it shall be all the same. A node without a
      registration is only drained. Exit code 0 when nothing was cut off, 1 when something was, or nothing was done.
    `,
    examples: [
      ["Before the machine is switched off", "fxn drain"],
      ["In a script", "fxn drain --yes --timeout 10m"],
      ["Without a word to the chain", "fxn drain --no-pause"],
    ],
  });

  id = Option.String("--id", { description: "Pause this provider alone. Default: all of this account" });
  noPause = Option.Boolean("--no-pause", false, { description: "Leave the registration as it is" });
  force = Option.Boolean("--force", false, { description: "Stop the node even when the pause fails" });
  grace = Option.String("--grace", {
    description:
      "How long the node serves on once it is paused. Default: 1m, which is how often gateways read the registry",
  });
  timeout = Option.String("--timeout", { description: "How long what runs may take. Default: shutdown.deadline" });

  protected async run(): Promise<number> {
    const graceMs = this.grace === undefined ? undefined : duration("--grace", this.grace);
    const timeoutMs = this.timeout === undefined ? undefined : duration("--timeout", this.timeout);
    const opened = await this.opened();
    const { home, config } = opened;
    if (!(await isRunning(home))) {
      const hint = "The registration alone is paused by: fxn provider pause";
      throw new DrainFailed("not_running", 409, `no node runs on ${home}`, { hint });
    }
    const paused = this.noPause || !functionIsOn(config) ? undefined : await this.#pause();
    const pause = paused?.outcome && { pause: this.shown(paused.outcome) };
    if (this.dryRun) {
      this.say("Then     the node would end what it has begun, and stop");
      if (this.json) this.printJson({ schema: 1, ...pause, drained: false, cut: 0 });
      return EXIT.ok;
    }
    const interrupted = await this.#wait(graceMs ?? (paused?.known ? GRACE_MS : 0));
    if (interrupted) {
      this.printError("fxn: interrupted: the node goes on");
      this.#hintAtUnpause(paused?.known);
      return EXIT_OF_SIGNAL[interrupted];
    }
    const deadlineMs = timeoutMs ?? config.shutdown.deadline;
    this.say(`Draining no new work; what runs may go on for ${formatDuration(deadlineMs)}`);
    const cut = await this.#drain(home, deadlineMs).catch((error: unknown) => {
      this.#hintAtUnpause(paused?.known);
      throw error;
    });
    const ended = await this.#ended(home);
    if (cut > 0) this.printError(`fxn: ${cut} answers were cut off at the deadline`);
    this.say(ended ? "Stopped  the node has ended" : "Stopping the node closes what is left");
    if (this.json) this.printJson({ schema: 1, ...pause, drained: true, cut });
    return cut === 0 ? EXIT.ok : EXIT.failed;
  }

  /** @throws when it cannot be paused, and the node shall go on then */
  async #pause(): Promise<Paused> {
    try {
      const outcome = await this.fulfilled(await this.opened(), {
        question: "Pause it, and stop the node?",
        plan: async (_chain, standing) => this.#plan(standing),
      });
      return { outcome, known: isPaused(outcome) };
    } catch (error) {
      const chosenSo = error instanceof PromptError || error instanceof UsageError;
      if (chosenSo || !(error instanceof FxnError)) throw error;
      // Of several the first ones may be, and one that is signed will come into a block some time.
      const known = this.sent.length > 0 || error.code === "transaction_pending";
      const standing = known ? "not every registration is known to be paused" : "the registration is not paused";
      if (!this.force) {
        this.printError(`fxn: ${standing}, so nothing was stopped: the node goes on`);
        this.printError("  To stop it all the same: fxn drain --no-pause, or --force");
        this.#hintAtUnpause(known);
        throw error;
      }
      this.printError(`fxn: ${standing}: ${messageOf(error)}`);
      return { outcome: undefined, known };
    }
  }

  /** A node that goes on while its registration is paused earns nothing there. */
  #hintAtUnpause(paused: boolean | undefined): void {
    if (paused) this.printError("  The registration is paused. To get work again: fxn provider unpause");
  }

  #plan(standing: Standing): Plan {
    const { providers } = standing;
    if (this.id !== undefined) return pausePlan(standing, chosen(standing, this.id), "pause");
    if (providers.length === 0) return alreadySo("not registered: there is nothing to pause");
    const plans = providers.map((provider) => pausePlan(standing, provider, "pause"));
    const calls = plans.flatMap((plan) => plan.calls);
    return calls.length === 0 ? alreadySo("paused already") : { ...alreadySo(""), calls, already: undefined };
  }

  /** @returns the signal that interrupted it, if one did */
  async #wait(graceMs: number): Promise<(typeof INTERRUPTS)[number] | undefined> {
    if (graceMs === 0) return undefined;
    const over = new AbortController();
    let by: (typeof INTERRUPTS)[number] | undefined;
    const interrupts = INTERRUPTS.map((signal) => ({
      signal,
      take() {
        by ??= signal;
        over.abort();
      },
    }));
    for (const { signal, take } of interrupts) process.once(signal, take);
    this.say(`Waiting  ${formatDuration(graceMs)}, until gateways have read it; the node serves on`);
    await sleep(systemClock, graceMs, over.signal);
    for (const { signal, take } of interrupts) process.off(signal, take);
    return by;
  }

  /** @returns how many answers were cut off @throws DrainFailed */
  async #drain(home: string, deadlineMs: number): Promise<number> {
    const answer = await askControl(home, "POST", `/drain/${Math.round(deadlineMs)}`, deadlineMs + PATIENCE_MS);
    if (!answer) throw new DrainFailed("not_running", 409, "the node has ended meanwhile", {});
    const said = drained.safeParse(answer.json);
    if (said.success) return said.data.cut;
    const why = refusal.safeParse(answer.json).data?.error.message ?? `it answered ${answer.status}`;
    throw new DrainFailed("drain_failed", 500, `the node was not drained: ${why}`, { hint: "Its log says more." });
  }

  async #ended(home: string): Promise<boolean> {
    for (const end = systemClock.monotonic() + CLOSING_MS; systemClock.monotonic() < end; ) {
      if (!(await isRunning(home).catch(() => false))) return true;
      await sleep(systemClock, POLL_MS);
    }
    return false;
  }
}

/** Since when it is paused, where this run has not done it, the chain does not say: perhaps since a moment ago. */
function isPaused({ after, sent }: Outcome): boolean {
  return sent.length > 0 || (after?.providers ?? []).some(({ paused }) => paused);
}

function duration(option: string, text: string): number {
  const ms = parseDuration(text);
  if (ms !== undefined && ms < 2 ** 31) return ms;
  throw new UsageError(`${option}: "${text}" is no duration such as 90s or 5m`);
}
