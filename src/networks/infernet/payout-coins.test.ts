// Addresses that are right in every coin, and slips that must not pass.
import { expect, test } from "bun:test";
import { payeeOf } from "./payout-coins.ts";

const ETH = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";

test.each([
  ["btc", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", undefined, "bitcoin"],
  ["BTC", "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy", undefined, "bitcoin"],
  ["BTC", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", undefined, "bitcoin"],
  ["BTC", "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0", undefined, "bitcoin"],
  ["BCH", "bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a", undefined, "bitcoin-cash"],
  ["ETH", ETH, undefined, "ethereum"],
  ["ETH", ETH.toLowerCase(), undefined, "ethereum"],
  ["POL", ETH, undefined, "polygon"],
  ["BNB", ETH, undefined, "bsc"],
  ["SOL", "4Nd1mBQtrMJVYVfKf2PJy9NZUZdTAsp7D4xWLs4gDB4T", undefined, "solana"],
  ["XRP", "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh", undefined, "ripple"],
  ["DOGE", "DH5yaieqoZN36fDVciNyRueRGvGLR3mr7L", undefined, "dogecoin"],
  ["ADA", "addr1vx2fxv2umyhttkxyxp8x0dlpdt3k6cwng5pxj3jhsydzers66hrl8", undefined, "cardano"],
  ["usdc", ETH, undefined, "ethereum"],
  ["USDC", ETH, "Base", "base"],
  ["USDT", "4Nd1mBQtrMJVYVfKf2PJy9NZUZdTAsp7D4xWLs4gDB4T", "solana", "solana"],
])("%s at %s", (coin, address, network, on) => {
  expect(payeeOf(coin, address, network)).toEqual({ coin: coin.toUpperCase(), network: on, address });
});

test.each([
  ["FOO", "baz", undefined],
  ["ETH", "not-an-address", undefined],
  ["ETH", `0x${"0".repeat(40)}`, undefined],
  ["ETH", ETH.replace("5aAe", "5aae"), undefined],
  ["ETH", ETH, "base"],
  ["USDT", ETH, "base"],
  ["BTC", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb", undefined],
  ["BTC", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5", undefined],
  ["BTC", "tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx", undefined],
  ["DOGE", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", undefined],
  ["SOL", ETH, undefined],
  ["XRP", "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTi", undefined],
  ["ADA", "addr1vx2fxv2umyhttkxyxp8x0dlpdt3k6cwng5pxj3jhsydzers66hrl9", undefined],
  ["constructor", ETH, undefined],
  ["ETH", ETH, "constructor"],
])("%s at %s on %s is refused", (coin, address, network) => {
  expect(() => payeeOf(coin, address, network)).toThrow(/is no coin|is not paid|is no address/);
});
