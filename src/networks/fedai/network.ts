// fed_AI: routers call this node with signed envelopes, and hear of it by its own registration.
import { ownNetwork } from "../ports.ts";
import { CHECK_WORDS } from "./check-words.ts";
import { dataKept } from "./data-kept.ts";
import { importEnvironment } from "./import/environment.ts";
import { importFile } from "./import/import.ts";
import { WINDOW_MS } from "./nonces/claim.ts";
import { settings } from "./settings.ts";
import { settingProblems } from "./settings-check.ts";

export const fedaiNetwork = ownNetwork({
  id: "fedai",
  keyKind: "nostr",
  settings,
  checkWords: CHECK_WORDS,
  dataKept,
  replayWindowMs: WINDOW_MS,
  check: settingProblems,
  open: async (given, ports) => (await import("./session.ts")).openFedai(given, ports),
  importFile,
  readEnvironment: importEnvironment,
});
