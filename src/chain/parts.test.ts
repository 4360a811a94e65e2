// The parts of the client that need no chain: signed bytes, reasons, fees, and what RPCs answer.
import { describe, expect, test } from "bun:test";
import { encodeErrorResult, type Hex, parseAbi, parseTransaction, recoverTransactionAddress } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { parseAddress } from "../core/address.ts";
import { signerFromKey } from "../keys/signer.ts";
import { answerOf } from "./broadcast.ts";
import { raised, withinDay } from "./fees.ts";
import { reasonOf } from "./revert.ts";
import { signTransaction } from "./sign.ts";

const KEY: Hex = `0x${"4c".repeat(32)}`;

describe("signed bytes", () => {
  const account = signerFromKey(Buffer.from(KEY.slice(2), "hex"));
  const to = parseAddress(`0x${"12".repeat(20)}`);
  if (!to) throw new Error("an address");

  test("are those of another implementation, bit for bit, over many nonces", async () => {
    for (let nonce = 0; nonce < 200; nonce++) {
      const what = { to, data: "0xdeadbeef", value: BigInt(nonce) * 10n ** 15n, gas: 21_000n } as const;
      const fees = { maxFee: 2_000_000_000n, priorityFee: BigInt(nonce) };
      const { raw } = signTransaction(what, { chainId: 421_614, nonce, fees, account });
      const theirs = await privateKeyToAccount(KEY).signTransaction({
        ...what,
        ...{ type: "eip1559", chainId: 421_614, nonce, maxFeePerGas: 2_000_000_000n },
        maxPriorityFeePerGas: BigInt(nonce),
      });
      expect(raw).toBe(theirs);
    }
  });

  test("hold for one chain and come from the account", async () => {
    const fees = { maxFee: 2n, priorityFee: 1n };
    const { raw } = signTransaction(
      { to, data: "0x", value: 0n, gas: 21_000n },
      { chainId: 42_161, nonce: 7, fees, account },
    );
    expect(parseTransaction(raw)).toMatchObject({ chainId: 42_161, nonce: 7, type: "eip1559" });
    const serializedTransaction: `0x02${string}` = `0x02${raw.slice(4)}`;
    expect((await recoverTransactionAddress({ serializedTransaction })).toLowerCase()).toBe(account.address);
  });
});

describe("the reason of a contract", () => {
  const abi = parseAbi(["error TooLate(uint256 deadline, string why)", "error EnforcedPause()"]);
  const text = (message: string) =>
    encodeErrorResult({ abi: parseAbi(["error Error(string)"]), errorName: "Error", args: [message] });
  test.each([
    ["its words", text("Max claims reached"), "Max claims reached"],
    ["words with escapes", text("a\x1b[31m\u202eb\n\nc"), "a [31m b c"],
    ["words without end", text("x".repeat(5000)), `${"x".repeat(300)}…`],
    ["an error of its own", encodeErrorResult({ abi, errorName: "TooLate", args: [7n, "over"] }), "TooLate(7, over)"],
    ["one without arguments", encodeErrorResult({ abi, errorName: "EnforcedPause" }), "EnforcedPause()"],
    ["an unknown one", "0x12345678", "unknown error 0x12345678"],
    ["half of one", "0x08c379a000", "unknown error 0x08c379a0"],
    ["two bytes", "0x1234", "unknown error 0x1234"],
    ["nothing", "0x", undefined],
  ] as const)("%s", (_, data, reason) => expect(reasonOf(data, abi)).toBe(reason));
});

test("fees are raised by an eighth at least, and to the market's", () => {
  const up = raised({ maxFee: 1000n, priorityFee: 0n }, { maxFee: 10n, priorityFee: 5n }, undefined);
  expect(up).toEqual({ maxFee: 1126n, priorityFee: 5n });
  expect(raised({ maxFee: 1000n, priorityFee: 8n }, { maxFee: 9000n, priorityFee: 1n }, undefined)).toEqual({
    ...{ maxFee: 9000n, priorityFee: 10n },
  });
});

test("fees are raised as far as the bound allows, and not when an eighth would pass it", () => {
  const old = { maxFee: 10_000n, priorityFee: 1000n };
  const market = { maxFee: 25_000n, priorityFee: 22_000n };
  expect(raised(old, market, 20_000n)).toEqual({ maxFee: 20_000n, priorityFee: 20_000n });
  expect(raised(old, market, 30_000n)).toEqual(market);
  expect(() => raised(old, market, 11_250n)).toThrow("it would pass maxFeePerGas");
});

test("a day's gas may be spent to its last wei and no further", () => {
  expect(() => withinDay(4n, 6n, 10n)).not.toThrow();
  expect(() => withinDay(4n, 7n, 10n)).toThrow("are spent");
});

test.each([
  ["already known", "taken"],
  ["ALREADY_EXISTS: already exists", "taken"],
  ["transaction already imported", "taken"],
  ["nonce too low: address 0x…, tx: 3 state: 4", "used"],
  ["replacement transaction underpriced", "cheap"],
  ["max fee per gas less than block base fee: address", "cheap"],
  ["insufficient funds for gas * price + value", "refused"],
] as const)("an RPC that says %p", (text, kind) => expect(answerOf(text).kind).toBe(kind));
