// CoFHE by JSON-RPC, with its access list: it seals for whoever was given access, and keeps what is encrypted with it.
import {
  createCipheriv,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  randomBytes,
} from "node:crypto";
import { verifyTypedData } from "viem";
import { z } from "zod";

const permit = z.object({
  issuer: z.templateLiteral(["0x", z.string().regex(/^[0-9a-fA-F]{40}$/)]),
  expiration: z.int(),
  sealingKey: z.templateLiteral(["0x", z.string().regex(/^[0-9a-f]{64}$/)]),
  signature: z.templateLiteral(["0x", z.string().regex(/^[0-9a-f]{130}$/)]),
});
const call = z.object({ jsonrpc: z.literal("2.0"), id: z.int(), method: z.string(), params: z.array(z.unknown()) });

const X25519_PUBLIC = Buffer.from("302a300506032b656e032100", "hex");

export class BlindferenceCofhe {
  readonly #now: () => number;
  readonly #values = new Map<bigint, { value: bigint; allowed: readonly string[] }>();
  /** Answers nothing any more. */
  down = false;
  decrypts = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** @returns its handle */
  keep(value: bigint, allowed: readonly string[]): bigint {
    const handle = BigInt(`0x8${randomBytes(31).toString("hex")}`);
    this.#values.set(handle, { value, allowed });
    return handle;
  }

  /** As the one would read it who was given access. */
  read(handle: bigint): bigint | undefined {
    return this.#values.get(handle)?.value;
  }

  async handle(body: string): Promise<{ status: number; text: string } | undefined> {
    if (this.down) return undefined;
    const { id, method, params } = call.parse(JSON.parse(body));
    const reply = (answer: object) => ({ status: 200, text: JSON.stringify({ jsonrpc: "2.0", id, ...answer }) });
    if (method === "cofhe_encrypt") {
      const [value, , owner] = z.tuple([z.string(), z.literal("uint128"), z.string()]).parse(params);
      return reply({ result: { handle: `0x${this.keep(BigInt(value), [owner]).toString(16)}` } });
    }
    if (method !== "cofhe_decryptForView") return reply({ error: { code: -32601, message: "no such method" } });
    this.decrypts += 1;
    const [handle, shown] = z.tuple([z.string(), permit]).parse(params);
    const kept = this.#values.get(BigInt(handle));
    if (!(await this.#isSigned(shown))) return reply({ error: { code: 1, message: "the permit is not signed" } });
    if (!kept?.allowed.includes(shown.issuer)) return reply({ error: { code: 2, message: "no access" } });
    return reply({
      result: { sealedValue: `0x${seal(kept.value, Buffer.from(shown.sealingKey.slice(2), "hex")).toString("hex")}` },
    });
  }

  async #isSigned({ issuer, expiration, sealingKey, signature }: z.output<typeof permit>): Promise<boolean> {
    if (expiration * 1000 < this.#now()) return false;
    return verifyTypedData({
      address: issuer,
      domain: { name: "CoFHE", version: "1", chainId: 421_614, verifyingContract: `0x${"0".repeat(40)}` },
      types: {
        Permit: [
          { name: "issuer", type: "address" },
          { name: "expiration", type: "uint256" },
          { name: "sealingKey", type: "bytes32" },
        ],
      },
      primaryType: "Permit",
      message: { issuer, expiration: BigInt(expiration), sealingKey },
      signature,
    });
  }
}

/** By the runtime's own X25519, so that ours is not held against itself. */
function seal(value: bigint, recipient: Uint8Array): Buffer {
  const { privateKey, publicKey } = generateKeyPairSync("x25519");
  const theirs = createPublicKey({ key: Buffer.concat([X25519_PUBLIC, recipient]), format: "der", type: "spki" });
  const own = createPrivateKey({
    key: privateKey.export({ format: "der", type: "pkcs8" }),
    format: "der",
    type: "pkcs8",
  });
  const shared = diffieHellman({ privateKey: own, publicKey: theirs });
  const key = Buffer.from(hkdfSync("sha256", shared, new Uint8Array(), "CoFHE seal", 32));
  const iv = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", key, iv);
  const plain = Buffer.from(value.toString(16).padStart(32, "0"), "hex");
  const sealed = Buffer.concat([cipher.update(plain), cipher.final()]);
  const point = publicKey.export({ format: "der", type: "spki" }).subarray(-32);
  return Buffer.concat([point, iv, sealed, cipher.getAuthTag()]);
}
