// Coins that the network pays out, on which networks, and what an address of each looks like: a slip costs the money.
import { createHash } from "node:crypto";
import { base58, base58xrp, bech32, bech32m } from "@scure/base";
import { parseAddress } from "../../core/address.ts";
import { clean } from "../../lib/clean.ts";
import { checksumAddress } from "../../lib/ethereum.ts";
import { isCashAddr } from "./cash-addr.ts";
import { InfernetError } from "./errors.ts";

export interface Payee {
  readonly coin: string;
  readonly network: string;
  readonly address: string;
}

type Looks = (address: string) => boolean;

const evm: Looks = (text) => {
  const address = parseAddress(text);
  if (address === undefined || /^0x0{40}$/.test(address)) return false;
  // Letters of one case carry no checksum.
  return (
    text === text.toLowerCase() || text.slice(2) === text.slice(2).toUpperCase() || checksumAddress(address) === text
  );
};
const bitcoin: Looks = (text) => checked(base58, text, [0x00, 0x05]) || segwit(text);
const dogecoin: Looks = (text) => checked(base58, text, [0x1e, 0x16]);
const ripple: Looks = (text) => text.startsWith("r") && checked(base58xrp, text, [0x00]);
const solana: Looks = (text) => attempt(() => base58.decode(text).length === 32);
const cardano: Looks = (text) => attempt(() => isCardano(text));

const TOKEN: Readonly<Record<string, Looks>> = { ethereum: evm, polygon: evm, solana };

/** By coin: its networks, the first for who names none. */
export const COINS: Readonly<Record<string, Readonly<Record<string, Looks>>>> = {
  BTC: { bitcoin },
  BCH: { "bitcoin-cash": (text) => isCashAddr(text) || checked(base58, text, [0x00, 0x05]) },
  ETH: { ethereum: evm },
  SOL: { solana },
  POL: { polygon: evm },
  BNB: { bsc: evm },
  XRP: { ripple },
  ADA: { cardano },
  DOGE: { dogecoin },
  USDT: TOKEN,
  USDC: { ...TOKEN, base: evm },
};

/** @throws InfernetError for what nobody could be paid at */
export function payeeOf(coin: string, address: string, network?: string): Payee {
  const name = coin.toUpperCase();
  const networks = Object.hasOwn(COINS, name) ? COINS[name] : undefined;
  const refuse = (why: string, hint: string) => new InfernetError("infernet_payout", 400, why, { hint });
  if (!networks) throw refuse(`"${clean(coin, 20)}" is no coin of payouts`, `Coins: ${Object.keys(COINS).join(", ")}.`);
  const on = network?.toLowerCase() ?? Object.keys(networks)[0] ?? "";
  const looks = Object.hasOwn(networks, on) ? networks[on] : undefined;
  if (!looks) {
    throw refuse(
      `${name} is not paid on "${clean(on, 20)}"`,
      `Networks of ${name}: ${Object.keys(networks).join(", ")}.`,
    );
  }
  if (!looks(address)) {
    throw refuse(`this is no address of ${name} on ${on}`, "Copy it again: one wrong letter, and the money is lost.");
  }
  return { coin: name, network: on, address };
}

/** 21 bytes and the first four of their double hash. */
function checked(coder: { decode(text: string): Uint8Array }, text: string, versions: readonly number[]): boolean {
  return attempt(() => {
    const bytes = coder.decode(text);
    const body = bytes.subarray(0, 21);
    const sha256 = (data: Uint8Array) => createHash("sha256").update(data).digest();
    const sum = sha256(sha256(body)).subarray(0, 4);
    return bytes.length === 25 && versions.includes(bytes[0] ?? -1) && sum.equals(bytes.subarray(21));
  });
}

/** Version 0 has the first kind of checksum, later ones the second. */
function segwit(text: string): boolean {
  return attempt(() => {
    const coder = /^bc1q/i.test(text) ? bech32 : bech32m;
    const { prefix, words } = coder.decode(withOne(text));
    const [version, ...program] = words;
    const { length } = coder.fromWords(program);
    return prefix === "bc" && (version === 0 ? length === 20 || length === 32 : version === 1 && length === 32);
  });
}

function isCardano(text: string): boolean {
  const { prefix, words } = bech32.decode(withOne(text), 120);
  const bytes = bech32.fromWords(words);
  return prefix === "addr" && (bytes.length === 57 || bytes.length === 29) && ((bytes[0] ?? 0) & 0x0f) === 1;
}

/** Between prefix and data stands the digit one. */
function withOne(text: string): `${string}1${string}` {
  const at = text.lastIndexOf("1");
  return `${text.slice(0, at)}1${text.slice(at + 1)}`;
}

function attempt(look: () => boolean): boolean {
  try {
    return look();
  } catch {
    return false;
  }
}
