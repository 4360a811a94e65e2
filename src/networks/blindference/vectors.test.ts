// The wire's recorded vectors: commitments, blobs, keys, handles, signatures, attestation, permits and calldata.
import { describe, expect, test } from "bun:test";
import { concatHex, type Hex, isHex, parseAbi, toFunctionSelector } from "viem";
import { accountOf, TEST_KEY } from "../../../test/fakes/blindference-account.ts";
import { mockCid, mockInference } from "../../../test/fakes/blindference-reference.ts";
import vectors from "../../../test/vectors/blindference.json";
import { type Address, parseAddress } from "../../core/address.ts";
import { gatewayUrl } from "../../ipfs/gateway.ts";
import { personalDigest } from "../../lib/ethereum.ts";
import { ATTESTATION_BACKENDS } from "./attestation-backends.ts";
import { joinKey, openText, sealText, splitKey } from "./blob.ts";
import { toBytes32 } from "./bytes32.ts";
import { UINT128 } from "./cofhe/cofhe.ts";
import { rpcPermit, unseal } from "./cofhe/json-rpc-seal.ts";
import { newSealingKey } from "./cofhe/permit.ts";
import { commitmentOf, normalize } from "./commitment.ts";
import { BLIND_TOKEN, CHAIN_ID, CONTRACTS, NOBODY } from "./contracts/addresses.ts";
import { AVAILABILITY, recordDigest, signRecord } from "./contracts/availability.ts";
import * as calls from "./contracts/calls.ts";
import { outputKeyId } from "./job-id.ts";
import { handle, parseLossless } from "./lossless-json.ts";
import { anchored } from "./prompt-forms.ts";
import { signedHeaders } from "./request-signing.ts";

const account = accountOf(TEST_KEY);
const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex, "hex"));
const hex = (data: Uint8Array) => Buffer.from(data).toString("hex");
const asHex = (text: string): Hex => (isHex(text) ? text : "0x");
const asAddress = (text: string): Address => parseAddress(text) ?? NOBODY;

test.each(vectors.commitment)("commitment of $output_text", (vector) => {
  expect(normalize(vector.output_text)).toBe(vector.normalized);
  expect(commitmentOf(vector.output_cid, vector.output_text)).toBe(vector.commitment_hex);
});

describe("blobs and keys", () => {
  test.each(vectors.aes_blob)(
    "$plaintext_utf8",
    ({ key_hex: key, iv_hex: iv, plaintext_utf8: text, blob_hex: blob }) => {
      expect(hex(sealText(bytes(key), text, bytes(iv)))).toBe(blob);
      expect(openText(bytes(key), bytes(blob))).toBe(text);
    },
  );

  test.each(vectors.aes_blob_negative)("$case is refused", ({ key_hex: key, blob_hex: blob }) => {
    expect(() => openText(bytes(key), bytes(blob))).toThrow("the encrypted text");
  });

  test("what is no UTF-8 is refused, and a mark at the beginning is kept", () => {
    const key = new Uint8Array(32);
    expect(openText(key, sealText(key, "\ufeffa"))).toBe("\ufeffa");
    const blob = sealText(key, "ab");
    expect(blob).toHaveLength(30);
    expect(sealText(key, "ab")).not.toEqual(blob);
  });

  test.each(vectors.key_split)("$key_hex", ({ key_hex: key, high_dec: high, low_dec: low }) => {
    const halves = splitKey(bytes(key));
    expect([String(halves.high), String(halves.low)]).toEqual([high, low]);
    expect(hex(joinKey(halves))).toBe(key);
  });

  test("a half of more than 128 bits is refused", () => {
    expect(() => joinKey({ high: 2n ** 128n, low: 0n })).toThrow("more than 128 bits");
    expect(() => joinKey({ high: 0n, low: 2n ** 128n })).toThrow("more than 128 bits");
  });

  test.each(vectors.output_key_job_id)("key of the output of $jobId", ({ jobId, keccak256 }) => {
    expect(outputKeyId(jobId)).toBe(asHex(keccak256));
  });
});

describe("handles", () => {
  const { body_text: body, kpHighHandle_exact: high, kpLowHandle_exact: low } = vectors.claim_response_big_integers;

  test("bare integers of 256 bits are kept", () => {
    expect(parseLossless(body)).toEqual({
      kpHighHandle: BigInt(high),
      kpLowHandle: BigInt(low),
      outputKeyGranted: true,
      claimDeadline: 1_700_000_300,
    });
    expect(`0x${BigInt(high).toString(16)}`).toBe(vectors.claim_response_big_integers.bridge_high_hex);
  });

  test.each([
    ["decimal text", high, BigInt(high)],
    ["0x text", "0x10", 16n],
    ["a small integer", 7, 7n],
    ["zero", 0, undefined],
    ["zero as text", "0", undefined],
    ["null", null, undefined],
    ["nothing", undefined, undefined],
  ])("%s", (_name, given, expected) => {
    expect(handle.parse(given)).toBe(expected);
  });

  test.each([-1, 1.5, "", "abc", 2n ** 256n, -1n, true, "-5"])("%p is none", (given) => {
    expect(handle.safeParse(given).success).toBe(false);
  });

  test("fractions, and digits within texts, stay as they are", () => {
    expect(parseLossless('{"a": 1.5, "b": "123456789012345678901", "c": 1e400}')).toEqual({
      a: 1.5,
      b: "123456789012345678901",
      c: Number.POSITIVE_INFINITY,
    });
  });
});

test.each(vectors.request_signing)("request: $name", ({ body_text: body, timestamp, eip191_hash: hash, headers }) => {
  expect(signedHeaders(account, body ?? "", Number(timestamp))).toEqual(headers);
  expect(`0x${hex(personalDigest((body ?? "") + timestamp))}`).toBe(hash);
});

describe("attestation", () => {
  test.each(vectors.mock_attestation.quotes)("nonce $nonce_hex", async ({ nonce_hex: nonce, quote_hex: quote }) => {
    expect(await ATTESTATION_BACKENDS.mock.quote(bytes(nonce))).toEqual({
      quote,
      runtimeHash: vectors.mock_attestation.runtime_hash_hex,
    });
  });

  test("no quote is made up for hardware", async () => {
    for (const kind of ["tpm", "tee"] as const) {
      expect(ATTESTATION_BACKENDS[kind].quote(new Uint8Array(32))).rejects.toThrow("no format for quotes");
    }
  });

  test.each([
    ...vectors.to_bytes32.map((vector) => [vector.in, vector.out_hex]),
    ...vectors.update_attestation_pad.map((vector) => [vector.cert_hash, vector.bytes32_hex]),
  ])("32 bytes of %p", (text = "", expected = "") => {
    expect(toBytes32(text)).toBe(`0x${expected}`);
  });

  test("the record of availability is that of the contract", () => {
    const vector = vectors.node_attestation_registry;
    expect(AVAILABILITY).toBe(asHex(vector.attestation_type));
    expect(AVAILABILITY).toBe(asHex(vectors.attestation_type_legacy.keccak256));
    expect(AVAILABILITY).not.toBe(asHex(vectors.attestation_type_legacy.repo_constant));
    const record = {
      node: asAddress(vector.node),
      attestationType: AVAILABILITY,
      documentHash: asHex(vector.document_hash),
      counterparty: asAddress(vector.counterparty),
      effectiveAt: vector.effective_at,
      expiresAt: vector.expires_at,
    };
    const registry = asAddress(vector.registry);
    expect(registry).toBe(CONTRACTS.attestationRegistry);
    expect(recordDigest(record, CHAIN_ID, registry)).toBe(asHex(vector.chain_421614.digest));
    expect(recordDigest(record, 1, registry)).toBe(asHex(vector.chain_1_checked_in_evm.digest));
    expect(signRecord(account, record)).toBe(asHex(vector.chain_421614.signature));
    expect(`0x${hex(personalDigest(bytes(vector.chain_421614.digest.slice(2))))}`).toBe(
      vector.chain_421614.eip191_hash,
    );
  });
});

describe("CoFHE by JSON-RPC", () => {
  test("permit", () => {
    const { typed_data: typed, signature } = vectors.python_mode_permit;
    const publicKey = bytes(typed.message.sealingKey.slice(2));
    const permit = rpcPermit(account, typed.domain.chainId, publicKey, Number(typed.message.expiration));
    expect(permit).toEqual({
      issuer: typed.message.issuer,
      expiration: Number(typed.message.expiration),
      sealingKey: asHex(typed.message.sealingKey),
      signature: asHex(signature),
    });
  });

  test.each(vectors.python_mode_unseal)("$plaintext_width_bytes bytes", (vector) => {
    const key = newSealingKey(bytes(vector.recipient_x25519_private_hex));
    expect(hex(key.publicKey)).toBe(vector.recipient_x25519_public_hex);
    expect(String(unseal(bytes(vector.sealed_hex), key.privateKey))).toBe(vector.python_unseal_result);
    const spoilt = bytes(vector.sealed_hex);
    spoilt[50] = (spoilt[50] ?? 0) ^ 1;
    expect(() => unseal(spoilt, key.privateKey)).toThrow("does not open");
  });

  test("fewer than 65 bytes are refused", () => {
    expect(() => unseal(new Uint8Array(64), new Uint8Array(32))).toThrow("too few");
  });
});

test.each(vectors.gateway_url)("gateway $gateway", ({ gateway, cid, url }) => {
  expect(gatewayUrl(gateway, cid)).toBe(url);
});

test.each(vectors.cloud_prompt_anchor)("anchor of $prompt", ({ model_id: model, prompt, wrapped }) => {
  expect(anchored(model, prompt)).toBe(wrapped);
});

describe("the reference node's inventions, by which a counterpart tells them", () => {
  test.each(vectors.mock_inference)("answer of $model_id", ({ model_id: model, prompt, output }) => {
    expect(mockInference(model, prompt)).toBe(output);
  });

  test.each(vectors.mock_cid_without_jwt)("CID of $data_hex", ({ data_hex: data, cid }) => {
    expect(mockCid(bytes(data))).toBe(cid);
  });
});

describe("calldata", () => {
  const sample = (name: string) => {
    const found = vectors.contract_calls.find(({ signature }) => signature.startsWith(`function ${name}(`));
    if (!found) throw new Error(`no sample of ${name}`);
    return asHex(found.calldata);
  };
  const input = (ctHash: string, signature: Hex) =>
    ({ ctHash: BigInt(ctHash), securityZone: 0, utype: UINT128, signature }) as const;
  const { kpHighHandle_exact: high, kpLowHandle_exact: low } = vectors.claim_response_big_integers;
  const stored = outputKeyId(vectors.output_key_job_id[0]?.jobId ?? "");

  test.each([
    [
      "register",
      calls.registerCall({
        tier: 0,
        certificate: toBytes32("0xabababababababababababababababab"),
        expires: 1_700_086_400,
        models: ["facebook/opt-125m", "groq:llama-3.3-70b-versatile"],
      }),
    ],
    ["heartbeat", calls.heartbeatCall()],
    ["approve", calls.approveCall(BLIND_TOKEN, CONTRACTS.staking, 10n ** 21n)],
    ["stake", calls.stakeCall(10n ** 21n)],
    ["initiateUnstake", calls.unstakeCall()],
    ["completeUnstake", calls.withdrawCall()],
    [
      "storeKey",
      calls.storeKeyCall(NOBODY, stored, { high: input(high, "0x1234"), low: input(low, "0x5678") }, [
        asAddress("0xabc1230000000000000000000000000000000001"),
      ]),
    ],
  ])("%s", (name, call) => {
    expect(call.data).toBe(sample(name));
  });

  test.each(vectors.contract_calls)("$signature", ({ signature, selector, calldata }) => {
    expect(toFunctionSelector(parseAbi([signature])[0])).toBe(asHex(selector));
    expect(asHex(calldata).startsWith(concatHex([asHex(selector)]))).toBe(true);
  });
});
