import { expect, test } from "bun:test";
import { cidsOfDigest, standsFor } from "./cids.ts";

const CID = "QmT78zSuBmuS4z925WZfrqQ1qHaJ56DQaTfyMUF7F8ff5o";

test("a digest has three spellings, each of which stands for it", () => {
  const hash = `0x${"5a".repeat(32)}` as const;
  const [raw = "", v0 = "", dagPb = ""] = cidsOfDigest(hash);
  expect(raw).toStartWith("bafkrei");
  expect(v0).toStartWith("Qm");
  expect(dagPb).toStartWith("bafybei");
  for (const cid of [raw, v0, dagPb]) expect(standsFor(cid, hash)).toBe(true);
  expect(standsFor(raw, `0x${"5b".repeat(32)}`)).toBe(false);
});

test("what is no CID stands for nothing", () => {
  for (const text of ["", "Qm", "QmO0Il", "b", "bafkrei", "z1", "/ipfs/x", CID.slice(1)])
    expect(standsFor(text, `0x${"00".repeat(32)}`)).toBe(false);
});
