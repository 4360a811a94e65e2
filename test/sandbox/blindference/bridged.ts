// A world in which CoFHE is as it is today: the threshold network decrypts, the SDK encrypts, and keys are on a chain.
import { createDecipheriv } from "node:crypto";
import { type Hex, isHex } from "viem";
import { systemClock } from "../../../src/core/clock.ts";
import { createFetch, type Fetch } from "../../../src/lib/fetch.ts";
import { CONTRACTS } from "../../../src/networks/blindference/contracts/addresses.ts";
import { accountOf } from "../../fakes/blindference-account.ts";
import type { IclJob } from "../../fakes/blindference-icl.ts";
import { BlindferenceThreshold } from "../../fakes/blindference-threshold.ts";
import { nodeIn, World } from "../../fakes/blindference-world.ts";
import { HANDLES_FROM } from "../../fakes/cofhe-sdk.ts";
import type { Mortal } from "../../fakes/mortal.ts";
import { FakeNetworkState } from "../../fakes/network-state.ts";
import { openChain } from "../chain-rig.ts";
import { type BlindferenceRig, STORE } from "./rig.ts";

export interface Place {
  /** "0x…": the node's. */
  readonly key: Hex;
  /** Where its transactions are kept. */
  readonly home: string;
  /** Where the SDK is. */
  readonly sdk: string;
}

export const asHex = (text: string): Hex => (isHex(text) ? text : "0x");

export function bridgedWorld(rig: BlindferenceRig, { key, home, sdk }: Place) {
  const world = new World();
  const threshold = new BlindferenceThreshold(CONTRACTS.taskManager);
  const state = new FakeNetworkState(world.clock);
  const account = accountOf(key.slice(2));
  const fetch: Fetch = async (url, options) => {
    const { host, pathname } = new URL(url);
    if (host !== "tn.test") return world.fetch(url, options);
    const { status, text } = await threshold.handle(options.method ?? "GET", pathname, String(options.body ?? ""));
    return { status, headers: new Headers(), body: new Uint8Array(Buffer.from(text)) };
  };

  return {
    ...{ world, state, account },
    /** A run of the node; another one goes on where it was left. @param mortal that dies in the middle of it */
    open(settings: object = {}, mortal?: Mortal) {
      const rpc = createFetch(systemClock);
      const ports = { fetch, state, clock: world.clock };
      const chainFetch = mortal?.ports({ ...ports, fetch: rpc }).fetch ?? rpc;
      const opened = openChain({ home, key }, { rpcUrls: [rig.url], fetch: chainFetch });
      const node = nodeIn(world, key.slice(2), {
        settings: {
          rpcUrls: [rig.url],
          promptKeyStore: STORE,
          cofhe: { mode: "bridge", thresholdUrl: "https://tn.test", sdk },
          ...settings,
        },
        state,
        ports: { fetch, chain: () => opened.chain, ...mortal?.ports(ports) },
      });
      return { node, close: opened.close };
    },
    /** The world's prompt keys are the threshold network's here. */
    async job(): Promise<{ job: IclJob; high: bigint; low: bigint }> {
      const job = await world.job("hm", [account, ...["8", "9"].map((digit) => accountOf(digit.repeat(64)))]);
      const { high: first, low: second } = job.claimHandles;
      const keep = (handle: bigint) => threshold.keep(world.cofhe.read(handle) ?? 0n, [asHex(account.checksumAddress)]);
      const [high, low] = [keep(first), keep(second)];
      const shown = { ...job, handles: { high: String(high), low: String(low) }, claimHandles: { high, low } };
      return { job: world.icl.add(shown), high, low };
    },
    /** What the user reads, with the key that the answer's handles stand for. */
    answerOf({ result }: IclJob): string {
      const half = (handle: string | undefined) => (BigInt(handle ?? 0) - HANDLES_FROM).toString(16).padStart(32, "0");
      const whole = half(result?.encrypted_output_key_high) + half(result?.encrypted_output_key_low);
      const blob = world.files.get(result?.output_cid ?? "") ?? new Uint8Array();
      const decipher = createDecipheriv("aes-256-gcm", Buffer.from(whole, "hex"), blob.subarray(0, 12));
      decipher.setAuthTag(blob.subarray(12, 28));
      return Buffer.concat([decipher.update(blob.subarray(28)), decipher.final()]).toString("utf8");
    },
  };
}

/** The chain and the SDK's process take real time. */
export async function settled(world: World, what: () => boolean): Promise<void> {
  for (let i = 0; i < 1000; i++) {
    if (what()) return;
    await world.pass(50, 50);
    await Bun.sleep(10);
  }
  throw new Error(`not within a thousand looks: ${what}`);
}
