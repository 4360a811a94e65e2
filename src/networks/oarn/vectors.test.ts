import { describe, expect, test } from "bun:test";
import { concat, hexToBytes, keccak256, stringToBytes } from "viem/utils";
import vectors from "../../../test/vectors/oarn.json";
import { batchManifest, batchResult, readBatch } from "./batch.ts";
import { standsFor } from "./cids.ts";
import { aggregatedHash, cidHash, resultHash } from "./hashes.ts";

const hex = (text: string): `0x${string}` => `0x${text.slice(2)}`;

describe("OARN's vectors", () => {
  test("a CID's hash is SHA-256 of its text, as it is written", () => {
    for (const [cid, hash] of Object.entries(vectors.cidToBytes32)) {
      expect(cidHash(cid)).toBe(hex(hash));
      expect(standsFor(cid, hex(hash))).toBe(true);
      expect(standsFor(cid.toLowerCase(), hex(hash))).toBe(false);
    }
  });

  test("a result's hash is Keccak-256 of its bytes", () => {
    for (const { bytes, resultHash: hash } of [vectors.resultHash_helloBytes])
      expect(resultHash(hexToBytes(hex(bytes)))).toBe(hex(hash));
    const floats = new Uint8Array(Float32Array.from(vectors.resultHash_f32.floats).buffer);
    expect(floats).toEqual(new Uint8Array(hexToBytes(hex(vectors.resultHash_f32.bytesLE))));
    expect(resultHash(floats)).toBe(hex(vectors.resultHash_f32.resultHash));
  });

  test("what the placeholder would be is known, so that tests can look for it", () => {
    const { modelBytes, inputBytes, output, resultHash: hash } = vectors.placeholder;
    expect(keccak256(concat([hex(modelBytes), hex(inputBytes)]))).toBe(hex(output));
    expect(resultHash(hexToBytes(hex(output)))).toBe(hex(hash));
  });

  test("a batch: the text of numbers is kept, outputs are hashed in canonical form, hashes are joined as text", () => {
    const { items, aggregated, model_utf8 } = vectors.batch;
    const inputs = items.map(({ input_id, params_json }) => `{"id":${input_id},"params":${params_json}}`).toReversed();
    const written = `{"version":"1.0","type":"batch_input_manifest","model_cid":"QmModel","parameter_schema":{},
      "inputs":[${inputs.join(",")}],"total_count":${items.length},"checksum":"0x","more":[1]}`;
    const batch = readBatch(stringToBytes(written));
    const results = batch?.inputs.map(({ id, bytes }) => {
      const item = items.find(({ input_id }) => BigInt(input_id) === id);
      expect(new TextDecoder().decode(bytes)).toBe(item?.params_json ?? "");
      // What the vector was made with in the place of a model.
      const result = batchResult(id, keccak256(concat([stringToBytes(model_utf8), bytes]), "bytes"));
      expect(result.hash).toBe(hex(item?.hash ?? ""));
      return result;
    });
    const facts = { taskId: 42n, modelCid: "QmModel", node: "0xabc", framework: "onnx", version: "1", totalMs: 10 };
    const manifest = batchManifest(results ?? [], facts);
    expect(manifest.hash).toBe(hex(aggregated));
    expect(aggregatedHash(items.map(({ hash }) => hex(hash)))).toBe(hex(aggregated));
    // The results stay in the order of the inputs, here the other way round.
    expect(JSON.parse(new TextDecoder().decode(manifest.bytes))).toMatchObject({
      task_id: 42,
      results: [{ input_id: 1 }, { input_id: 0, output: { output_size: 32 } }],
      aggregated_hash: aggregated,
    });
  });
});
