// OARN: tasks are taken from registries on chain, and paid in ETH when the nodes agree.
import { ownNetwork } from "../ports.ts";
import { CHECK_WORDS } from "./check-words.ts";
import { dataKept } from "./data-kept.ts";
import { readEnvironment } from "./import/environment.ts";
import { importConfig } from "./import/file.ts";
import { settingProblems, settings, walletOf } from "./settings.ts";

export const oarnNetwork = ownNetwork({
  id: "oarn",
  keyKind: "ethereum",
  settings,
  checkWords: CHECK_WORDS,
  dataKept,
  // It is called by nobody: the signatures are ours.
  replayWindowMs: 0,
  check: settingProblems,
  wallet: walletOf,
  open: async (given, ports) => (await import("./open.ts")).openOarn(given, ports),
  importFile: importConfig,
  readEnvironment,
});
