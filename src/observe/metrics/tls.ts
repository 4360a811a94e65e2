// Metrics of the public listener's certificate; a node that speaks plain HTTP has none of them.
import { Gauge, type Registry } from "prom-client";

export interface TlsFacts {
  /** Milliseconds of the wall clock. */
  readonly expiry: () => number;
  readonly filesInUse: () => boolean;
}

export function tlsMetrics(register: Registry, { expiry, filesInUse }: TlsFacts): void {
  new Gauge({
    name: "fxn_tls_certificate_expiry_timestamp_seconds",
    help: "When callers will refuse the certificate in use, as Unix time.",
    registers: [register],
    collect() {
      this.set(expiry() / 1000);
    },
  });
  new Gauge({
    name: "fxn_tls_files_in_use",
    help: "1 when the certificate's files are those in use, 0 when what lies there now is refused; the log says why.",
    registers: [register],
    collect() {
      this.set(filesInUse() ? 1 : 0);
    },
  });
}
