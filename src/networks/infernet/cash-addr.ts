// CashAddr, the form of Bitcoin Cash's addresses, with its checksum: 40 bits over the prefix and the data.

const PREFIX = "bitcoincash";
const DIGITS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
/** The checksum's generator, one bit of what is shifted out each. */
const GENERATOR = [0x98f2bc8e61n, 0x79b76d99e2n, 0xf33e5fb3c4n, 0xae2eabe2a8n, 0x1e4f43e470n];

/** Of a key (q) or a script (p), 20 bytes, with the prefix or without. */
export function isCashAddr(text: string): boolean {
  const [, data] = /^(?:bitcoincash:)?([qp][02-9ac-hj-np-z]{41})$/.exec(text) ?? [];
  if (data === undefined) return false;
  const digits = [...data].map((digit) => DIGITS.indexOf(digit));
  const prefix = [...PREFIX].map((letter) => letter.charCodeAt(0) & 31);
  return polymod([...prefix, 0, ...digits]) === 0n;
}

function polymod(values: readonly number[]): bigint {
  let sum = 1n;
  for (const value of values) {
    const out = sum >> 35n;
    sum = ((sum & 0x07ffffffffn) << 5n) ^ BigInt(value);
    for (const [bit, term] of GENERATOR.entries()) if ((out >> BigInt(bit)) & 1n) sum ^= term;
  }
  return sum ^ 1n;
}
