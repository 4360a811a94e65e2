// `fxn reload`: the new configuration is opened in full beside the old one, and takes over; or is refused with all errors.
import { basename } from "node:path";
import { ConfigError, formatProblem } from "../../config/problems.ts";
import { takenOver } from "../../config/reload.ts";
import type { Clock } from "../../core/clock.ts";
import { messageOf } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import { BOOK, ownNetworksOn } from "../../networks/config.ts";
import { type Effect, effects } from "./effects.ts";
import { allOrErrors, type Configured, isNotNow, ReloadError, type ReloadPart } from "./part.ts";
import type { ReadConfig } from "./read.ts";

export interface ReloadPorts {
  /** What the node began with: what needs a restart stays as it is there. */
  readonly begun: Configured;
  readonly read: () => Promise<ReadConfig>;
  readonly parts: readonly ReloadPart[];
  /** Throws when the node starts, stops or is being replaced. */
  readonly refuse: () => void;
  /** Answers that are under way. */
  readonly underWay: () => number;
  /** A service manager is told. */
  readonly onBusy: (busy: boolean) => void;
  readonly clock: Clock;
  readonly log: Log;
}

export interface ReloadAnswer {
  readonly schema: 1;
  /** False: it was only looked at. */
  readonly applied: boolean;
  readonly effects: readonly Effect[];
  readonly warnings: readonly string[];
  /** Answers under way, none of which it touches. */
  readonly underWay: number;
}

export interface ReloadState {
  /** Unix milliseconds: when the configuration that runs was read. */
  readonly loadedAt: number;
  /** Why the last reload was refused; undefined: it was not. */
  readonly lastError: string | undefined;
  /** Settings whose values in the files, when they were last read, wait for a restart. */
  readonly restartPending: readonly string[];
}

interface Read {
  readonly next: Configured;
  readonly effects: readonly Effect[];
  readonly warnings: readonly string[];
}

export class Reload {
  readonly #ports: ReloadPorts;
  #running: Configured;
  #state: ReloadState;
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  constructor(ports: ReloadPorts) {
    this.#ports = ports;
    this.#running = ports.begun;
    this.#state = { loadedAt: ports.clock.now(), lastError: undefined, restartPending: [] };
  }

  get running(): Configured {
    return this.#running;
  }

  get state(): ReloadState {
    return this.#state;
  }

  get busy(): boolean {
    return this.#waiting > 0;
  }

  /** One after the other. Throws ConfigError, ReloadError or what a part refuses; then the node goes on as it was. */
  async now({ dryRun }: { readonly dryRun: boolean }): Promise<ReloadAnswer> {
    this.#waiting++;
    const turn = this.#last.then(() => (dryRun ? this.#once(true) : this.#forReal()));
    this.#last = turn.catch(() => {});
    try {
      return await turn;
    } finally {
      this.#waiting--;
    }
  }

  /** What the files say that the node does not run by. Throws ConfigError. */
  async differences(): Promise<readonly Effect[]> {
    return (await this.#read()).effects;
  }

  async #forReal(): Promise<ReloadAnswer> {
    const { log, onBusy, refuse, clock } = this.#ports;
    let busy = false;
    try {
      // A service manager is not told that a node which only starts is ready again.
      refuse();
      onBusy(true);
      busy = true;
      const answer = await this.#once(false);
      this.#state = { ...this.#state, loadedAt: clock.now(), lastError: undefined };
      for (const { of, text } of answer.effects) log.info({ of, effect: text }, "reload");
      for (const warning of answer.warnings) log.warn({ warning }, "reload");
      log.info({ effects: answer.effects.length, underWay: answer.underWay }, "configuration reloaded");
      return answer;
    } catch (error) {
      if (isNotNow(error)) log.warn({ error: messageOf(error) }, "configuration not reloaded: not now");
      else this.#refused(error);
      throw error;
    } finally {
      if (busy) onBusy(false);
    }
  }

  #refused(error: unknown): void {
    this.#state = { ...this.#state, lastError: messageOf(error) };
    this.#ports.log.error({ error: messageOf(error) }, "configuration not reloaded: the node goes on as it was");
  }

  /** What the files say now; what needs a restart in it is as it is. */
  async #read(): Promise<Read> {
    const { begun, read } = this.#ports;
    const loaded = await read();
    const { config, needRestart } = takenOver(begun.config, loaded.config, BOOK);
    const next: Configured = {
      config,
      models: loaded.models ?? { models: [], catchAll: false },
      networks: ownNetworksOn({ config, networks: loaded.networks }),
      files: loaded.files,
    };
    const { changed } = takenOver(this.#running.config, config, BOOK);
    this.#state = { ...this.#state, restartPending: needRestart.map(({ path }) => path) };
    const warnings = loaded.warnings.map(formatProblem);
    return { next, effects: effects(this.#running, next, { changed, needRestart }), warnings };
  }

  /** The same error with what else would refuse it, as far as the files can be read. */
  async #withMore(error: unknown): Promise<unknown> {
    if (!(error instanceof ConfigError) || !error.readable) return error;
    const { config } = takenOver(this.#ports.begun.config, error.readable.config, BOOK);
    const networks = ownNetworksOn({ config, networks: error.readable.networks });
    const next = { ...this.#running, config, networks };
    const tried = await Promise.allSettled(this.#ports.parts.map((part) => part.prepare(next)));
    const others = tried.flatMap((one) => {
      if (one.status === "rejected") return messageOf(one.reason).split("\n");
      one.value.discard();
      return [];
    });
    const more = [...new Set(others)].map((message) => ({ file: "", path: "", message }));
    return new ConfigError([...error.problems, ...more], error.readable);
  }

  async #once(dryRun: boolean): Promise<ReloadAnswer> {
    const { refuse, underWay, parts } = this.#ports;
    refuse();
    const read = await this.#read().catch(async (error: unknown) => {
      throw await this.#withMore(error);
    });
    const { next } = read;
    refuseGone(this.#running, next);
    const prepared = await allOrErrors(
      parts.map((part) => part.prepare(next)),
      (one) => one.discard(),
    );
    const answer: ReloadAnswer = {
      schema: 1,
      applied: !dryRun,
      effects: read.effects,
      warnings: [...read.warnings, ...prepared.flatMap(({ notes = [] }) => notes)],
      underWay: underWay(),
    };
    try {
      refuse();
    } catch (error) {
      for (const one of prepared) one.discard();
      throw error;
    }
    if (dryRun) {
      for (const one of prepared) one.discard();
    } else {
      const changing = prepared.map((one) => one.commit());
      this.#running = next;
      await Promise.all(changing);
    }
    return answer;
  }
}

/** A file that is being replaced may be away for a moment: its settings' defaults are not meant. */
function refuseGone(running: Configured, next: Configured): void {
  const gone = Object.entries(running.files).flatMap(([path, text]) =>
    text !== undefined && path in next.files && next.files[path] === undefined ? [basename(path)] : [],
  );
  if (gone.length === 0) return;
  throw new ReloadError("reload_file_gone", 409, `${gone.join(" and ")} is not there any more`, {
    hint: "Put it back, or restart the node if it is to go on without it.",
  });
}
