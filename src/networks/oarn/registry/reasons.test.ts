import { expect, test } from "bun:test";
import { encodeErrorResult, toFunctionSelector } from "viem";
import { TransactionError } from "../../../chain/errors.ts";
import { errorsAbi } from "./abi.ts";
import { refusalOf, wordsOf } from "./reasons.ts";

const refused = (reason: string) => refusalOf(new TransactionError("transaction_refused", "it is refused", { reason }));

test.each([
  ["Already claimed", "ours"],
  ["Max claims reached", "lost"],
  ["Task not active", "lost"],
  ["Task expired", "lost"],
  ["EnforcedPause()", "wait"],
  ["Task not found", "never"],
  ["constructor", "other"],
])("%s is %s", (reason, meaning) => {
  expect(refused(reason)).toEqual({
    meaning: meaning as "ours",
    words: reason,
    isPause: reason === "EnforcedPause()",
  });
});

test("a custom error in bytes is decoded, and one that only its selector is known of", () => {
  const paused = encodeErrorResult({ abi: errorsAbi, errorName: "EnforcedPause" });
  expect(refused(paused)).toMatchObject({ meaning: "wait", words: "EnforcedPause()" });
  expect(wordsOf("0xdeadbeef")).toBe("0xdeadbeef");
  expect(refused(`unknown error ${toFunctionSelector("EnforcedPause()")}`)).toMatchObject({ meaning: "wait" });
});

test("a budget that is spent is waited for; anything but a transaction's error is not judged", () => {
  expect(refusalOf(new TransactionError("gas_budget_spent", "spent"))).toMatchObject({ meaning: "wait" });
  expect(refusalOf(new Error("RPC"))).toBeUndefined();
});

test("a reason of the network is plain text", () => {
  expect(refused("Max\u001b[31m claims\nreached")?.words).toBe("Max [31m claims reached");
});
