// What alerts look at: checks of the doctor's, those that cost nothing at every look, those that ask others now and then.

import type { Look } from "../../alerts/board.ts";
import { isChosen } from "../../alerts/chosen.ts";
import type { Config } from "../../config/schema.ts";
import type { Condition } from "../../core/alert.ts";
import type { Check, Finding } from "../../core/check.ts";
import { type Clock, sleep } from "../../core/clock.ts";
import { runChecks } from "../checks/run.ts";

export interface Source {
  /** Milliseconds; while something of it is red, no more than a minute. */
  readonly everyMs: number;
  checks(): readonly Check[];
}

/** What is red may be over soon; who is asked may count how often. */
const RED_MS = 60_000;
/** Most checks answer sooner. */
const PATIENCE_MS = 2000;

interface Asked {
  readonly at: number;
  /** undefined: nothing was heard yet. */
  findings: readonly Finding[] | undefined;
  running: boolean;
}

export class Watch {
  readonly #choice: Config["alerts"];
  readonly #clock: Clock;
  readonly #asked: Map<Source, Asked>;

  constructor(sources: readonly Source[], choice: Config["alerts"], clock: Clock) {
    this.#choice = choice;
    this.#clock = clock;
    const never = Number.NEGATIVE_INFINITY;
    this.#asked = new Map(sources.map((source) => [source, { at: never, findings: undefined, running: false }]));
  }

  /**
   * What is known now, and asks anew what is due: who answers slowly is heard at a later look, and holds nobody up.
   * @returns undefined until everybody was heard
   */
  async look(signal: AbortSignal): Promise<Look | undefined> {
    const due = [...this.#asked].filter(([source, asked]) => this.#isDue(source, asked));
    const asking = Promise.all(due.map(([source]) => this.#ask(source, signal)));
    await Promise.race([asking, sleep(this.#clock, PATIENCE_MS, signal)]);
    const heard = [...this.#asked.values()].map(({ findings }) => findings);
    if (heard.includes(undefined)) return undefined;
    const findings = heard.flatMap((one) => one ?? []);
    const wrong = findings.flatMap(conditionOf).filter((condition) => isChosen(condition, this.#choice));
    return { wrong, unknown: new Set(findings.filter(({ state }) => state === "skip").map(({ id }) => id)) };
  }

  #isDue({ everyMs }: Source, { at, findings, running }: Asked): boolean {
    const red = findings?.some(({ id, state }) => {
      return state === "fail" && isChosen({ id, severity: "critical" }, this.#choice);
    });
    return !running && this.#clock.monotonic() - at >= (red ? Math.min(everyMs, RED_MS) : everyMs);
  }

  async #ask(source: Source, signal: AbortSignal): Promise<void> {
    const asked: Asked = { at: this.#clock.monotonic(), findings: this.#asked.get(source)?.findings, running: true };
    this.#asked.set(source, asked);
    const checks = source.checks().filter(({ id }) => isChosen({ id, severity: "critical" }, this.#choice));
    const findings = await runChecks(checks, this.#clock, signal);
    asked.running = false;
    // What was asked while the node began to stop says nothing of it.
    if (!signal.aborted) asked.findings = findings;
  }
}

function isWrong({ state }: Finding): boolean {
  return state === "warn" || state === "fail";
}

/** Whose yellow only says that it cannot be known from inside: many routers let nobody call their own public address. */
const UNSURE: readonly string[] = ["port.reachable"];

function conditionOf(finding: Finding): Condition[] {
  if (!isWrong(finding) || (finding.state === "warn" && UNSURE.includes(finding.id))) return [];
  const { id, title, state, message, hint = "" } = finding;
  return [{ id, title, severity: state === "fail" ? "critical" : "warning", message, hint }];
}
