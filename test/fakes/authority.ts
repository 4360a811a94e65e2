// An authority that signs certificates to order: for any name, of any time; X.509 as far as tests need it.
import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";

export interface Issued {
  /** PEM. */
  readonly cert: string;
  readonly key: string;
}

export interface Order {
  readonly name: string;
  /** Default: from 2020 to 2120. */
  readonly from?: Date;
  readonly to?: Date;
}

const DAY_ONE = new Date("2020-01-01T00:00:00Z");
const LAST_DAY = new Date("2120-01-01T00:00:00Z");
let serial = 1;

export class Authority {
  readonly name: string;
  readonly cert: string;
  readonly #key: KeyObject;

  /** @param to default: to 2120 */
  constructor(name = "fxn test authority", to?: Date) {
    const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    this.name = name;
    this.#key = privateKey;
    this.cert = pem(certificate({ name, ...(to && { to }) }, publicKey, name, privateKey, true));
  }

  /** For 127.0.0.1, localhost and the name. */
  issue(order: Order): Issued {
    const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const key = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    return { cert: pem(certificate(order, publicKey, this.name, this.#key, false)), key };
  }
}

function certificate(order: Order, publicKey: KeyObject, issuer: string, key: KeyObject, ca: boolean): Buffer {
  const { name, from = DAY_ONE, to = LAST_DAY } = order;
  const alternatives = sequence(text(0x82, name), text(0x82, "localhost"), der(0x87, Buffer.from([127, 0, 0, 1])));
  const extension = ca
    ? sequence(oid("551d13"), der(0x01, Buffer.from([0xff])), der(0x04, sequence(der(0x01, Buffer.from([0xff])))))
    : sequence(oid("551d11"), der(0x04, alternatives));
  const toSign = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from([1, serial >> 8, serial++ & 0xff])),
    ECDSA_SHA256,
    nameOf(issuer),
    sequence(time(from), time(to)),
    nameOf(name),
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, sequence(extension)),
  );
  const signature = sign("sha256", toSign, key);
  return sequence(toSign, ECDSA_SHA256, der(0x03, Buffer.concat([Buffer.from([0]), signature])));
}

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const { length } = body;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), body]);
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return der(0x30, ...parts);
}

function oid(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, "hex"));
}

function text(tag: number, words: string): Buffer {
  return der(tag, Buffer.from(words));
}

function time(at: Date): Buffer {
  return text(0x18, at.toISOString().replace(/[-:T]|\.\d+/g, ""));
}

function nameOf(name: string): Buffer {
  return sequence(der(0x31, sequence(oid("550403"), text(0x0c, name))));
}

const ECDSA_SHA256 = sequence(oid("2a8648ce3d040302"));

function pem(bytes: Buffer): string {
  const lines = bytes.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}
