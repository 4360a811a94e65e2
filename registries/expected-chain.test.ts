import { expect, test } from "bun:test";
import { BOOK } from "../src/networks/config.ts";
import { expectedChainId } from "./expected-chain.ts";

test("the expected chain is the configured one, Base Sepolia's with its Router, or not known", () => {
  const registry = (input: object) => BOOK.schema.parse({ registry: input }).registry;
  const other = `0x${"12".repeat(20)}`;
  expect(expectedChainId(registry({}))).toBe(84_532);
  expect(expectedChainId(registry({ routerSmartContractAddress: other }))).toBeUndefined();
  expect(expectedChainId(registry({ routerSmartContractAddress: other, chainId: 7 }))).toBe(7);
  expect(expectedChainId(registry({ chainId: 7 }))).toBe(7);
});
