// Infernet: jobs are asked for at a control plane, which is told each word of the answer.
import { ownNetwork } from "../ports.ts";
import { CHECK_WORDS } from "./check-words.ts";
import { dataKept } from "./data-kept.ts";
import { readEnvironment } from "./environment.ts";
import { importConfig } from "./import-file.ts";
import { settings } from "./settings.ts";

export const infernetNetwork = ownNetwork({
  id: "infernet",
  keyKind: "nostr",
  settings,
  checkWords: CHECK_WORDS,
  dataKept,
  // It is called by nobody: the signatures are ours.
  replayWindowMs: 0,
  open: async (given, ports) => (await import("./session.ts")).openSession(given, ports),
  importFile: importConfig,
  readEnvironment,
});
