import { expect, test } from "bun:test";
import { z } from "zod";
import { chainShape, chainUse } from "./chain-settings.ts";

const settings = z.strictObject(chainShape);

test("nothing is named that nobody has configured, and a day's gas has a bound", () => {
  expect(chainUse(settings.parse({}))).toEqual({
    ...{ rpcUrls: [], chainId: 421_614, gasPerDay: 5n * 10n ** 16n, confirmations: 1 },
  });
});

test("amounts are text or numbers, exact to the last wei", () => {
  const written = {
    rpcUrls: "http://a, http://b",
    gasPerDay: 0.01,
    maxFeePerGas: "0.1",
    confirmations: 3,
    chainId: 42_161,
  };
  expect(chainUse(settings.parse(written))).toEqual({
    ...{ rpcUrls: ["http://a", "http://b"], chainId: 42_161, gasPerDay: 10n ** 16n, maxFeePerGas: 10n ** 8n },
    confirmations: 3,
  });
});

test.each([{ gasPerDay: "-1" }, { gasPerDay: "1 ETH" }, { maxFeePerGas: "0.0000000001" }, { rpcUrls: ["wss://a"] }])(
  "%p is refused",
  (written) => expect(settings.safeParse(written).success).toBe(false),
);
