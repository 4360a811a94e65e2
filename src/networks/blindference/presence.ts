// That the ICL knows this node: attested at every start and whenever there is reason to, and a heartbeat in between.
import { type Clock, sleep } from "../../core/clock.ts";
import { messageOf } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import type { NetworkState } from "../../core/network-state.ts";
import type { NetworkMetrics } from "../../observe/metrics/network.ts";
import type { AttestationBackend } from "./attestation-backends.ts";
import { attest, type Certificate, certificateIn, keepCertificate } from "./certificate.ts";
import { IclError } from "./errors.ts";
import type { Icl } from "./icl.ts";
import { heartbeat, isListed } from "./icl-routes.ts";

/** A certificate with less left than this is renewed. */
const LEAST_LEFT_MS = 6 * 60 * 60 * 1000;
/** Attesting resets the ICL's counters of this node: where nothing else asks for it, once an hour. */
const HOURLY_MS = 60 * 60 * 1000;
/** A restart may leave the ICL knowing nobody. It is asked, however short it was away; where it cannot tell, after so many failures. */
const OUTAGE = 3;
const FIRST_RETRY_MS = 2000;
const MOST_RETRY_MS = 60 * 1000;
/** However often the ICL says that it does not know us. */
const BETWEEN_MS = 30_000;

export interface PresencePorts {
  readonly icl: Icl;
  readonly backend: AttestationBackend;
  /** Highest tier that is claimed. */
  readonly tier: number;
  models(): readonly string[];
  readonly state: NetworkState;
  readonly metrics: NetworkMetrics;
  readonly clock: Clock;
  readonly log: Log;
}

export interface PresenceTimes {
  readonly heartbeat: number;
  readonly watchdog: number;
}

export class Presence {
  readonly #ports: PresencePorts;
  readonly #times: PresenceTimes;
  #certificate: Certificate | undefined;
  /** Of this run, monotonic. */
  #attestedAt: number | undefined;
  #lastBeat: number | undefined;
  #problem: string | undefined = "not attested yet";
  #failures = 0;
  #wanted: string | undefined = "the node starts";
  #wake = new AbortController();
  /** Ends the wait for the next look at whether the ICL lists this node. */
  #look = new AbortController();

  constructor(ports: PresencePorts, times: PresenceTimes) {
    this.#ports = ports;
    this.#times = times;
    this.#certificate = certificateIn(ports.state);
  }

  get certificate(): Certificate | undefined {
    return this.#certificate;
  }

  /** Why the ICL has no work for this node; undefined: it may have. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Wall clock, milliseconds. */
  get lastBeat(): number | undefined {
    return this.#lastBeat;
  }

  /** Whether the ICL was told of this node in this run. */
  get attested(): boolean {
    return this.#attestedAt !== undefined;
  }

  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#attesting(signal), this.#beating(signal), this.#watching(signal)]);
  }

  /** Of every call to the ICL: what follows from its answer, or from there being none. */
  heard(error?: unknown): void {
    if (error === undefined) {
      const missed = this.#failures;
      this.#failures = 0;
      if (missed >= OUTAGE) this.#want("the ICL was away");
      else if (missed > 0) this.#look.abort();
    } else if (error instanceof IclError && error.code === "icl_node_unknown") {
      this.#want("the ICL does not know this node");
    } else if (error instanceof IclError && error.answered === undefined) {
      this.#failures += 1;
    }
  }

  #want(reason: string): void {
    this.#wanted ??= reason;
    this.#wake.abort();
  }

  async #attesting(signal: AbortSignal): Promise<void> {
    const { clock } = this.#ports;
    let retryMs = FIRST_RETRY_MS;
    while (!signal.aborted) {
      this.#wake = new AbortController();
      if (this.#wanted === undefined) {
        await sleep(clock, this.#times.watchdog, AbortSignal.any([signal, this.#wake.signal]));
        continue;
      }
      const reason = this.#wanted;
      this.#wanted = undefined;
      if (await this.#attest(reason, signal)) {
        retryMs = FIRST_RETRY_MS;
        await sleep(clock, BETWEEN_MS, signal);
        continue;
      }
      this.#wanted ??= reason;
      await sleep(clock, retryMs, signal);
      retryMs = Math.min(2 * retryMs, MOST_RETRY_MS);
    }
  }

  async #attest(reason: string, signal: AbortSignal): Promise<boolean> {
    const { icl, backend, tier, models, state, metrics, clock, log } = this.#ports;
    try {
      const told = models();
      if (told.length === 0) {
        // Whoever names none counts as one that runs every model.
        this.#problem = "no model can be run, so that the ICL is not told of this node";
        return false;
      }
      const certificate = await attest(icl, backend, { models: told, tier }, signal);
      keepCertificate(state, certificate);
      this.#certificate = certificate;
      this.#attestedAt = clock.monotonic();
      this.#failures = 0;
      this.#problem = undefined;
      metrics.call("attest", "ok");
      log.info({ network: "blindference", reason, tier: certificate.tier }, "attested at the ICL");
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      metrics.call("attest", "failed");
      this.#problem = `the ICL did not take the attestation: ${messageOf(error)}`;
      log.warn({ network: "blindference", reason, error: messageOf(error) }, "not attested at the ICL");
      return false;
    }
  }

  async #beating(signal: AbortSignal): Promise<void> {
    const { icl, metrics, clock, log } = this.#ports;
    while (!signal.aborted) {
      try {
        await heartbeat(icl, Math.floor(clock.now() / 1000), signal);
        this.#lastBeat = clock.now();
        metrics.call("heartbeat", "ok");
        this.heard();
      } catch (error) {
        if (signal.aborted) return;
        metrics.call("heartbeat", "failed");
        if (this.#failures === 0)
          log.warn({ network: "blindference", error: messageOf(error) }, "no heartbeat was taken");
        this.heard(error);
      }
      await sleep(clock, this.#times.heartbeat, signal);
    }
  }

  async #watching(signal: AbortSignal): Promise<void> {
    const { clock, icl } = this.#ports;
    for (;;) {
      await sleep(clock, this.#times.watchdog, AbortSignal.any([signal, this.#look.signal]));
      this.#look = new AbortController();
      if (signal.aborted) return;
      const left = (this.#certificate?.expires ?? 0) - clock.now();
      if (left < LEAST_LEFT_MS) this.#want("the certificate ends soon");
      const listed = await isListed(icl, signal).catch(() => undefined);
      const old = clock.monotonic() - (this.#attestedAt ?? 0) >= HOURLY_MS;
      if (listed === false) this.#want("the ICL does not list this node");
      if (listed === undefined && old) this.#want("an hour has passed");
    }
  }
}
