// What the node gives to Infernet, in memory: a key, durable state that outlives a session, a model, a budget.

import { schnorr } from "@noble/curves/secp256k1.js";
import type { GpuStats } from "../../src/core/gpu.ts";
import type { NostrIdentity } from "../../src/core/nostr.ts";
import type { TextCall, TextEnd } from "../../src/core/text.ts";
import type { NetworkPorts } from "../../src/networks/ports.ts";
import type { FakeClock } from "./clock.ts";
import { InfernetControlPlane } from "./infernet-control-plane.ts";
import { FakeLog } from "./log.ts";
import { FakeNetworkState } from "./network-state.ts";
import { NO_CHAIN } from "./no-chain.ts";
import { NO_MODEL_PROGRAM } from "./no-model-program.ts";

export function identityOf(hex: string): NostrIdentity {
  const key = Uint8Array.from(Buffer.from(hex, "hex"));
  const pubkey = Buffer.from(schnorr.getPublicKey(key)).toString("hex");
  return { pubkey, npub: `npub-of-${pubkey}`, sign: (digest) => schnorr.sign(digest, key) };
}

export const verifySchnorr = (publicKey: Uint8Array, digest: Uint8Array, signature: Uint8Array): boolean =>
  schnorr.verify(signature, digest, publicKey);

export const TEST_KEY = "b7e151628aed2a6abf7158809cf4f3c762e7160f38b4da56a784d9045190cfef";

/** A model that says the words of a text, with this much time between them. */
export async function* says(
  clock: FakeClock,
  words: readonly string[],
  everyMs: number,
  signal: AbortSignal,
): AsyncGenerator<string, TextEnd, void> {
  for (const word of words) {
    if (everyMs > 0) await new Promise<void>((resolve) => clock.after(everyMs, resolve));
    signal.throwIfAborted();
    yield word;
  }
  return { reason: "stop", promptTokens: 1, completionTokens: words.length };
}

export interface Rig {
  readonly plane: InfernetControlPlane;
  readonly state: FakeNetworkState;
  readonly log: FakeLog;
  readonly ports: NetworkPorts;
  readonly calls: TextCall[];
  places: number;
  models: string[];
  /** Whether the model server does. */
  works: boolean;
  gpus: GpuStats[];
  generate: (call: TextCall) => AsyncGenerator<string, TextEnd, void>;
}

export function infernetRig(clock: FakeClock, given: Partial<NetworkPorts> = {}): Rig {
  const plane = new InfernetControlPlane(clock, verifySchnorr);
  const state = new FakeNetworkState(clock);
  const log = new FakeLog();
  const calls: TextCall[] = [];
  const rig: Rig = {
    plane,
    state,
    log,
    calls,
    places: 100,
    models: ["tiny"],
    works: true,
    gpus: [],
    generate: ({ signal }) => says(clock, ["Hel", "lo"], 10, signal),
    ports: {
      identity: identityOf(TEST_KEY),
      schnorr: verifySchnorr,
      ...NO_CHAIN,
      modelProgram: NO_MODEL_PROGRAM,
      text: {
        generate(call) {
          calls.push(call);
          return rig.generate(call);
        },
      },
      models: () => rig.models.map((id) => ({ id, created: 1, routes: ["/v1/chat/completions"], kinds: ["vllm"] })),
      modelServers: () => [{ kind: "vllm", origin: "http://127.0.0.1:8000", names: [], works: rig.works }],
      budget: { admission: () => ({ places: rig.places, reason: rig.places > 0 ? undefined : "quiet hours" }) },
      replay: { claim: () => Promise.reject(new Error("nobody calls this network")) },
      state,
      fetch: plane.fetch,
      gpus: () => rig.gpus,
      tracer: () => undefined,
      version: "0.0.0",
      home: "/nowhere",
      random: () => 0.5,
      metrics: { call() {}, work() {}, running() {} },
      clock,
      log,
      ...given,
    },
  };
  return rig;
}
