// OARN: tasks are taken from registries on chain, and paid in ETH when the nodes agree.
import { type ChainPorts, ownNetwork } from "../ports.ts";
import type { Compute } from "./compute/compute.ts";
import { openOnnx } from "./compute/onnx.ts";
import { readEnvironment } from "./import/environment.ts";
import { importConfig } from "./import/file.ts";
import { openOarn } from "./open.ts";
import { type OarnSettings, settingProblems, settings, walletOf } from "./settings.ts";

/** Where no format is wanted, or none can be run in a sandbox, text tasks are what is left. */
export function onnxOf(
  { compute }: OarnSettings,
  { modelProgram, home, clock }: Pick<ChainPorts, "modelProgram" | "home" | "clock">,
): Compute {
  const { env, platform, ...program } = modelProgram;
  return openOnnx({ program, sandbox: compute.sandbox, home, env, platform, clock });
}

export const oarnNetwork = ownNetwork({
  id: "oarn",
  keyKind: "ethereum",
  settings,
  // It is called by nobody: the signatures are ours.
  replayWindowMs: 0,
  check: settingProblems,
  wallet: walletOf,
  open: (written, ports) => openOarn(written, ports, onnxOf(written, ports)),
  importFile: importConfig,
  readEnvironment,
});
