// OARN: tasks are taken from registries on chain, and paid in ETH when the nodes agree.
import type { ChainPorts } from "../ports.ts";
import { readEnvironment } from "./import/environment.ts";
import { importConfig } from "./import/file.ts";
import { type OarnParts, openSession } from "./session.ts";
import { type OarnSettings, settings } from "./settings.ts";

export const oarnNetwork = {
  id: "oarn",
  settings,
  // It is called by nobody: the signatures are ours.
  replayWindowMs: 0,
  open: (written: OarnSettings, ports: ChainPorts, parts: OarnParts) => openSession(written, ports, parts),
  importFile: importConfig,
  readEnvironment,
} as const;
