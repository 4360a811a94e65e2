// Blindference: quorums answer encrypted prompts that a coordinator hands out; keys, stakes and rewards are on Arbitrum Sepolia.
import { chainUse } from "../chain-settings.ts";
import { ownNetwork } from "../ports.ts";
import { settingProblems } from "./check-settings.ts";
import { CHECK_WORDS } from "./check-words.ts";
import { CHAIN_ID } from "./contracts/addresses.ts";
import { dataKept } from "./data-kept.ts";
import { readEnvironment } from "./environment.ts";
import { importConfig } from "./import-file.ts";
import { settings } from "./settings.ts";

export const blindferenceNetwork = ownNetwork({
  id: "blindference",
  keyKind: "ethereum",
  settings,
  checkWords: CHECK_WORDS,
  dataKept,
  // It is called by nobody: the signatures are ours.
  replayWindowMs: 0,
  check: settingProblems,
  wallet: (given) => ({
    ...chainUse({ ...given, chainId: CHAIN_ID }),
    tokens: [{ asset: "BLIND", address: given.blindToken }],
  }),
  open: async (given, ports) => (await import("./session.ts")).openSession(given, ports),
  importFile: importConfig,
  readEnvironment,
});
