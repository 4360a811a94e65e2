// What challengers get of a node whose key is the vectors' own, and the challenges of such a node.
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { Registry } from "prom-client";
import type { ChallengeContext, Challenger } from "../../challengers/challenger.ts";
import { Proofs } from "../../challengers/proofs.ts";
import { type ChallengePorts, type Challenges, createChallenges } from "../../challengers/run-challenge.ts";
import { FxnError } from "../../src/core/errors.ts";
import { signerFromKey } from "../../src/keys/signer.ts";
import { challengeMetrics } from "../../src/observe/metrics/challenge.ts";
import vectors from "../vectors/function.json";
import { FakeClock } from "./clock.ts";
import { inProcess } from "./compute.ts";
import { FakeLog } from "./log.ts";

const { keys, identityChallenge } = vectors;

export function challengeContext(change: Partial<ChallengeContext> = {}): ChallengeContext {
  const { clock = new FakeClock() } = change;
  return {
    identity: {
      checksumAddress: keys.node.address,
      publicKey: Buffer.from(keys.node.publicKeyUncompressed, "hex"),
      signDigest(digest) {
        const key = Buffer.from(keys.node.privateKey, "hex");
        const recovered = secp256k1.sign(digest, key, { prehash: false, format: "recovered" });
        return Buffer.concat([recovered.subarray(1), recovered.subarray(0, 1)]);
      },
      signPersonal: (message) => signerFromKey(Buffer.from(keys.node.privateKey, "hex")).signPersonal(message),
    },
    publicIp: async () => identityChallenge.ip,
    gpus: async () => [],
    reachable: async () => true,
    compute: inProcess(),
    proofs: new Proofs(clock),
    clock,
    ...change,
  };
}

export interface FakeNode {
  readonly context?: ChallengeContext;
  readonly clock?: FakeClock;
  readonly log?: FakeLog;
  readonly onEnd?: ChallengePorts["onEnd"];
  readonly register?: Registry;
}

export function openChallenges(
  challengers: readonly Challenger<unknown, unknown>[],
  {
    context = challengeContext(),
    clock = new FakeClock(),
    log = new FakeLog(),
    onEnd = () => {},
    register = new Registry(),
  }: FakeNode = {},
): Challenges {
  return createChallenges({
    challengers,
    context,
    clock,
    log,
    metrics: challengeMetrics(register),
    onEnd,
  });
}

/** "429 challenge_busy: …" of what was refused, "answered" of what was not. */
export async function refusalOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => "answered",
    (error: unknown) =>
      error instanceof FxnError ? `${error.status} ${error.code}: ${error.message}` : `untyped: ${String(error)}`,
  );
}
