// What a model server is called in logs, metrics and the ledger: nothing that may be a secret.
import { basename } from "node:path";
import type { BackendConfig } from "./models-schema.ts";

export function labelOf(config: BackendConfig): string {
  // A program's arguments may hold anything.
  return config.provider === "process"
    ? `process:${basename(config.runner.command[0] ?? "")}`
    : new URL(config.url).origin;
}
