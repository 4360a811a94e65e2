// CoFHE by plain JSON-RPC, the network's older form: it decrypts for a permit, and what it encrypts carries no proof.
import { z } from "zod";
import type { Clock } from "../../../core/clock.ts";
import { messageOf } from "../../../core/errors.ts";
import type { EthereumAccount } from "../../../core/ethereum.ts";
import { clean } from "../../../lib/clean.ts";
import type { Fetch } from "../../../lib/fetch.ts";
import { BlindferenceError } from "../errors.ts";
import { handle as number } from "../lossless-json.ts";
import { type Cofhe, type EncryptedInput, UINT128 } from "./cofhe.ts";
import { type RpcPermit, rpcPermit, unseal } from "./json-rpc-seal.ts";
import { expiryOf, isStale, newSealingKey, type SealingKey } from "./permit.ts";

const TIMEOUT_MS = 30_000;
const MAX_BYTES = 64 * 1024;

export interface JsonRpcPorts {
  readonly fetch: Fetch;
  readonly clock: Clock;
  readonly account: EthereumAccount;
}

const answer = z.object({
  result: z.unknown().optional(),
  error: z.object({ message: z.string() }).nullish(),
});
const sealed = z.object({ sealedValue: z.string().regex(/^(0x)?([0-9a-fA-F]{2})+$/) });
const encrypted = z.object({ handle: z.string().regex(/^0x[0-9a-fA-F]{1,64}$/) });

export function jsonRpcCofhe(url: string, chainId: number, ports: JsonRpcPorts): Cofhe {
  const { clock, account } = ports;
  let permit: { readonly key: SealingKey; readonly signed: RpcPermit } | undefined;
  let calls = 0;

  function permitNow() {
    const seconds = Math.floor(clock.now() / 1000);
    if (permit && !isStale(permit.signed.expiration, seconds)) return permit;
    const key = newSealingKey();
    permit = { key, signed: rpcPermit(account, chainId, key.publicKey, expiryOf(seconds)) };
    return permit;
  }

  async function call<T>(method: string, params: readonly unknown[], result: z.ZodType<T>, signal: AbortSignal) {
    calls += 1;
    let json: unknown;
    try {
      const reply = await ports.fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ jsonrpc: "2.0", id: calls, method, params }),
        timeoutMs: TIMEOUT_MS,
        maxBytes: MAX_BYTES,
        signal,
      });
      json = JSON.parse(Buffer.from(reply.body).toString("utf8"));
    } catch (error) {
      // A parser's message quotes what it read.
      throw refusal(error instanceof SyntaxError ? "gave no JSON" : `cannot be asked: ${messageOf(error)}`);
    }
    const { data } = answer.safeParse(json);
    if (data?.error) throw refusal(`refuses: ${clean(data.error.message)}`);
    const parsed = result.safeParse(data?.result);
    if (!parsed.success) throw refusal(`gave an answer to ${method} that is not as it should be`);
    return parsed.data;
  }

  async function decryptOne(handle: bigint, signal: AbortSignal): Promise<bigint> {
    const { key, signed } = permitNow();
    const { sealedValue } = await call("cofhe_decryptForView", [hexOf(handle), signed], sealed, signal);
    return unseal(Buffer.from(sealedValue.replace(/^0x/, ""), "hex"), key.privateKey);
  }

  async function encryptOne(half: bigint, signal: AbortSignal): Promise<EncryptedInput> {
    const params = [hexOf(half), "uint128", account.checksumAddress];
    const { handle } = await call("cofhe_encrypt", params, encrypted, signal);
    return { ctHash: number.parse(handle) ?? 0n, securityZone: 0, utype: UINT128, signature: "0x" };
  }

  return {
    provable: false,
    cannotEncrypt: async () => undefined,
    async decrypt(handles, signal) {
      const [high, low] = await Promise.all([decryptOne(handles.high, signal), decryptOne(handles.low, signal)]);
      return { high, low };
    },
    async encrypt(halves, signal) {
      const [high, low] = await Promise.all([encryptOne(halves.high, signal), encryptOne(halves.low, signal)]);
      return { high, low };
    },
  };
}

function hexOf(value: bigint): string {
  return `0x${value.toString(16)}`;
}

function refusal(what: string): BlindferenceError {
  return new BlindferenceError("blindference_cofhe", `CoFHE's endpoint ${what}`);
}
