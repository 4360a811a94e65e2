// The node as fed_AI's network sees it: keys, text, budget, nonces and state in memory, all to order.

import { schnorr } from "@noble/curves/secp256k1.js";
import type { Admission } from "../../src/core/budget.ts";
import { systemClock } from "../../src/core/clock.ts";
import { FxnError } from "../../src/core/errors.ts";
import type { GpuStats } from "../../src/core/gpu.ts";
import type { ModelCard } from "../../src/core/inference.ts";
import type { NostrIdentity } from "../../src/core/nostr.ts";
import type { Claim, ReplayGuard } from "../../src/core/replay.ts";
import type { TextCall, TextEnd } from "../../src/core/text.ts";
import { createFetch, type Fetch } from "../../src/lib/fetch.ts";
import { npubOf } from "../../src/networks/fedai/keys.ts";
import type { ModelServer, NetworkPorts } from "../../src/networks/ports.ts";
import { FakeClock } from "./clock.ts";
import { FakeLog } from "./log.ts";
import { FakeNetworkState } from "./network-state.ts";
import { NO_CHAIN } from "./no-chain.ts";
import { NO_MODEL_PROGRAM } from "./no-model-program.ts";

export function fakeIdentity(privateKeyHex: string): NostrIdentity {
  const secret = Uint8Array.from(Buffer.from(privateKeyHex, "hex"));
  const pubkey = Buffer.from(schnorr.getPublicKey(secret)).toString("hex");
  return { pubkey, npub: npubOf(pubkey), sign: (digest) => schnorr.sign(digest, secret) };
}

export const verify = (publicKey: Uint8Array, digest: Uint8Array, signature: Uint8Array) =>
  schnorr.verify(signature, digest, publicKey);

/** Keeps nonces for as long as the wire takes their times, and no longer. */
export class FakeReplay implements ReplayGuard {
  readonly #clock: FakeClock;
  readonly #taken = new Map<string, number>();
  broken = false;

  constructor(clock: FakeClock) {
    this.#clock = clock;
  }

  claim(scope: string, nonce: string, at: number): Claim {
    if (this.broken) throw new Error("disk full");
    for (const [key, when] of this.#taken) if (when < this.#clock.now() - 300_000) this.#taken.delete(key);
    const key = `${scope} ${nonce}`;
    if (this.#taken.has(key)) return "replayed";
    this.#taken.set(key, at);
    return "fresh";
  }
}

export type Generate = (call: TextCall) => AsyncGenerator<string, TextEnd, void>;

/** Yields these pieces and says how many tokens they were. */
export function says(
  pieces: readonly string[],
  promptTokens: number | null = 7,
  completionTokens: number | null = 9,
): Generate {
  return async function* () {
    yield* pieces;
    return { reason: "stop", promptTokens, completionTokens };
  };
}

export interface FakePorts extends NetworkPorts {
  readonly clock: FakeClock;
  readonly log: FakeLog;
  readonly replay: FakeReplay;
  readonly state: FakeNetworkState;
  /** What was asked, in order. */
  readonly asked: TextCall[];
  /** Calls and results, and pieces of work, as they were counted. */
  readonly counted: string[];
  models: NetworkPorts["models"];
  generate: Generate;
  admission: Admission;
  devices: readonly GpuStats[];
  servers: readonly ModelServer[];
}

export interface FakePortsOptions {
  readonly privateKeyHex: string;
  readonly home: string;
  readonly now?: number;
  readonly fetch?: Fetch;
}

export function fakePorts(options: FakePortsOptions): FakePorts {
  const clock = new FakeClock(options.now);
  const asked: TextCall[] = [];
  const counted: string[] = [];
  const ports: FakePorts = {
    identity: fakeIdentity(options.privateKeyHex),
    schnorr: verify,
    ...NO_CHAIN,
    modelProgram: NO_MODEL_PROGRAM,
    asked,
    counted,
    generate: says(["Hel", "lo"]),
    admission: { places: 100, reason: undefined },
    devices: [],
    text: {
      generate(call) {
        asked.push(call);
        return ports.generate(call);
      },
    },
    models: () => [cardOf("mock-chat")],
    modelServers: () => ports.servers,
    servers: [{ kind: "vllm", origin: "http://127.0.0.1:8000", names: [], works: true }],
    budget: { admission: () => ports.admission },
    replay: new FakeReplay(clock),
    state: new FakeNetworkState(clock),
    // On the machine's clock: what it waits for is a server of the test.
    fetch: options.fetch ?? createFetch(systemClock),
    gpus: () => ports.devices,
    version: "0.0.0-test",
    tracer: () => undefined,
    home: options.home,
    random: () => 0.5,
    metrics: {
      call: (name, result) => counted.push(`${name} ${result}`),
      work: (result) => counted.push(`work ${result}`),
      running: () => {},
    },
    clock,
    log: new FakeLog(),
  };
  return ports;
}

/** A model at a vLLM with both routes, unless it is said otherwise. */
export function cardOf(id: string, other: Partial<ModelCard> = {}): ModelCard {
  return { id, created: 1, routes: ["/v1/chat/completions", "/v1/completions"], kinds: ["vllm"], ...other };
}

const NOTHING: readonly string[] = [];

/** A model server that says nothing until it is told to end, and then that it was stopped. */
export function stuck() {
  let started = () => {};
  let end = () => {};
  let signal: AbortSignal | undefined;
  const begun = new Promise<void>((resolve) => {
    started = resolve;
  });
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  return {
    started: begun,
    end: () => end(),
    signal: () => signal ?? AbortSignal.abort(),
    async *generate(call: TextCall): AsyncGenerator<string, TextEnd, void> {
      signal = call.signal;
      started();
      yield* NOTHING;
      await ended;
      throw new FxnError("client_closed_request", 499, "stopped");
    },
  };
}

/** A model server that fails before its first word. */
export function fails(error: FxnError) {
  return async function* (): AsyncGenerator<string, TextEnd, void> {
    yield* NOTHING;
    throw error;
  };
}

/** Lets everything that is already resolved run. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 100; i++) await Promise.resolve();
}
