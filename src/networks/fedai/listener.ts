// Where this network is served: address, path, and the texts of its certificate.
import { type Clock, systemClock } from "../../core/clock.ts";
import type { OwnListen } from "../../core/network.ts";
import { readTlsFiles } from "../../lib/tls-files.ts";
import { wireFailure } from "./errors.ts";
import type { FedaiSettings } from "./settings.ts";

/** @throws TlsFilesError */
export function listenerOf({ listen, path, tls }: FedaiSettings, home: string, clock: Clock = systemClock): OwnListen {
  const readTls = () => readTlsFiles("networks.fedai.tls", tls, home, clock.now());
  return { ...listen, path: path ?? "", tls: readTls(), readTls, failure: wireFailure };
}
