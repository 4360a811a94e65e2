// A listener's certificate: read at the start, looked at again and again, and renewed when its files have changed.
import type { Config } from "../config/schema.ts";
import { type Clock, sleep } from "../core/clock.ts";
import { messageOf } from "../core/errors.ts";
import type { Log, LogFields } from "../core/log.ts";
import { expiryOf, readTlsFiles, type TlsTexts } from "../lib/tls-files.ts";
import type { Registry } from "../observe/metrics/node.ts";
import { tlsMetrics } from "../observe/metrics/tls.ts";

export interface CertificatePorts {
  /** The files as they are now; undefined: plain HTTP. Throws TlsFilesError. */
  readonly read: () => TlsTexts | undefined;
  /** Whose it is, in every line of the log. */
  readonly of?: LogFields;
  readonly clock: Clock;
  readonly log: Log;
}

/** The files are read, not watched: a symbolic link that is turned elsewhere (certbot, Kubernetes) wakes no watcher. */
const LOOK_MS = 5000;

export class Certificate {
  /** In use. */
  #texts: TlsTexts;
  /** Why what lies in the files is not in use. */
  #trouble: string | undefined;
  /** The same, of the last look alone. */
  #refused: string | undefined;
  #renew: ((texts: TlsTexts) => Promise<void>) | undefined;
  readonly #ports: CertificatePorts;

  constructor(texts: TlsTexts, ports: CertificatePorts) {
    this.#texts = texts;
    this.#ports = ports;
  }

  /** Whether what lies in the files is in use. */
  get isCurrent(): boolean {
    return this.#trouble === undefined;
  }

  get texts(): TlsTexts {
    return this.#texts;
  }

  /** How whoever listens takes other files. */
  renewBy(renew: (texts: TlsTexts) => Promise<void>): void {
    this.#renew = renew;
  }

  async run(signal: AbortSignal): Promise<void> {
    for (;;) {
      await sleep(this.#ports.clock, LOOK_MS, signal);
      if (signal.aborted) return;
      await this.#look();
    }
  }

  async #look(): Promise<void> {
    const { read, of, log } = this.#ports;
    try {
      const found = read();
      if (found && this.#renew && !same(found, this.#texts)) {
        await this.#renew(found);
        this.#texts = found;
        log.info({ ...of, expires: new Date(expiryOf(found)).toISOString() }, "certificate renewed");
      }
      this.#refused = undefined;
      this.#trouble = undefined;
    } catch (error) {
      const trouble = messageOf(error);
      // Certificate and key are often written one after the other: what is wrong once is not said before the next look.
      if (trouble === this.#refused && trouble !== this.#trouble) {
        this.#trouble = trouble;
        log.error({ ...of, error: trouble }, "the certificate's files are not taken: the one in use stays");
      }
      this.#refused = trouble;
    }
  }
}

export interface PublicCertificatePorts extends Omit<CertificatePorts, "read" | "of"> {
  readonly config: Pick<Config, "node">;
  readonly home: string;
  readonly register: Registry;
}

/** The public listener's. undefined: plain HTTP. Throws TlsFilesError. */
export function openCertificate({
  config,
  home,
  register,
  clock,
  log,
}: PublicCertificatePorts): Certificate | undefined {
  const read = () => readTlsFiles("node.tls", config.node.tls, home, clock.now());
  const texts = read();
  if (!texts) return undefined;
  const certificate = new Certificate(texts, { read, clock, log });
  tlsMetrics(register, {
    expiry: () => expiryOf(certificate.texts),
    filesInUse: () => certificate.isCurrent,
  });
  return certificate;
}

function same(a: TlsTexts, b: TlsTexts): boolean {
  return a.cert === b.cert && a.key === b.key && a.clientCa === b.clientCa;
}
