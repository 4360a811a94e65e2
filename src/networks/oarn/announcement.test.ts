import { expect, test } from "bun:test";
import { readAnnouncement, writeAnnouncement } from "./announcement.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const SIX = '"model_hash":"0x1","input_hash":"0x2","required_nodes":3,"deadline":1790000000';

test("integers beyond 2^53 are exact, in and out", () => {
  const heard = readAnnouncement(bytes(`{"id":9007199254740993,"reward":18446744073709551615,${SIX},"x":{}}`));
  expect(heard).toMatchObject({ id: 9007199254740993n, reward: 18446744073709551615n, deadline: 1790000000n });
  const hash = `0x${"11".repeat(32)}` as const;
  const told = writeAnnouncement({
    id: 7n,
    modelHash: hash,
    inputHash: hash,
    rewardWei: 20n * 10n ** 18n,
    requiredNodes: 3n,
    deadline: 1_790_000_000n,
    chainId: 31_337,
    registry: "0xabc",
    registryVersion: 2,
    modelCid: "QmT78zSuBmuS4z925WZfrqQ1qHaJ56DQaTfyMUF7F8ff5o",
  });
  expect(new TextDecoder().decode(told)).toContain('"reward":18446744073709551615,');
  expect(readAnnouncement(told)).toMatchObject({
    id: 7n,
    rewardWei: 20n * 10n ** 18n,
    chainId: 31_337n,
    registryVersion: 2n,
    modelCid: "QmT78zSuBmuS4z925WZfrqQ1qHaJ56DQaTfyMUF7F8ff5o",
  });
});

test.each([
  "",
  "[]",
  "null",
  `{"id":1,${SIX}}`,
  `{"id":1.0,"reward":1,${SIX}}`,
  `{"id":-1,"reward":1,${SIX}}`,
  `{"id":18446744073709551616,"reward":1,${SIX}}`,
  `{"id":"1","reward":1,${SIX}}`,
  `{"id":1,"reward":1,${SIX.replace("3", "4294967296")}}`,
])("%p is none", (text) => {
  expect(readAnnouncement(bytes(text))).toBeUndefined();
});

test("a bomb is none", () => {
  expect(readAnnouncement(bytes(`{"id":1,"reward":1,${SIX},"x":"${"y".repeat(65_536)}"}`))).toBeUndefined();
  expect(readAnnouncement(bytes("[".repeat(60_000)))).toBeUndefined();
});
