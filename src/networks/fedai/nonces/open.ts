// Which store of nonces the settings ask for.
import { resolve } from "node:path";
import type { ReplayGuard } from "../../../core/replay.ts";
import type { NetworkPorts } from "../../ports.ts";
import type { FedaiSettings } from "../settings.ts";
import { FileNonces } from "./file.ts";
import { ownNonces } from "./own.ts";
import { PostgresNonces } from "./postgres.ts";

export interface OpenNonces {
  readonly guard: ReplayGuard;
  close(): void;
}

export function openNonces(settings: FedaiSettings, { replay, clock, home }: NetworkPorts): OpenNonces {
  const { nonces } = settings;
  if (nonces.url !== undefined) {
    const postgres = new PostgresNonces(nonces.url, clock);
    return { guard: postgres, close: () => postgres.close() };
  }
  if (nonces.file === undefined) return { guard: ownNonces(settings, replay), close() {} };
  return { guard: new FileNonces(resolve(home, nonces.file), clock), close() {} };
}
