// CoFHE's threshold network: seals for a signed permit of whoever has access, after a while, as its SDK expects it.
import nacl from "tweetnacl";
import { isAddressEqual, verifyTypedData } from "viem";
import { z } from "zod";

const hexOf = (digits: number) => z.templateLiteral(["0x", z.string().regex(new RegExp(`^[0-9a-fA-F]{${digits}}$`))]);
const permission = z.strictObject({
  issuer: hexOf(40),
  expiration: z.int().positive(),
  recipient: hexOf(40),
  validatorId: z.literal(0),
  validatorContract: hexOf(40),
  sealingKey: hexOf(64),
  issuerSignature: hexOf(130),
  recipientSignature: z.literal("0x"),
});
const asked = z.strictObject({
  ct_tempkey: z.string().regex(/^[0-9a-f]{64}$/),
  host_chain_id: z.literal(421_614),
  permit: permission,
});

interface Sealing {
  readonly value: bigint;
  readonly recipient: Uint8Array;
  /** Questions until it is done. */
  left: number;
}

export class BlindferenceThreshold {
  readonly #acl: `0x${string}`;
  readonly #values = new Map<bigint, { value: bigint; allowed: readonly `0x${string}`[] }>();
  readonly #sealings: Sealing[] = [];
  /** Questions that are answered with "not yet" before a request has an id. */
  early = 1;

  /** @param acl the contract in whose domain permits are signed */
  constructor(acl: `0x${string}`) {
    this.#acl = acl;
  }

  keep(value: bigint, allowed: readonly `0x${string}`[]): bigint {
    const handle = BigInt(`0x${Buffer.from(nacl.randomBytes(32)).toString("hex")}`);
    this.#values.set(handle, { value, allowed });
    return handle;
  }

  async handle(method: string, path: string, body: string): Promise<{ status: number; text: string }> {
    if (method === "GET") return this.#progress(Number(path.split("/").at(-1)));
    const { ct_tempkey: key, permit } = asked.parse(JSON.parse(body));
    const kept = this.#values.get(BigInt(`0x${key}`));
    if (!(await this.#isSigned(permit))) return { status: 401, text: "{}" };
    if (!kept?.allowed.some((one) => isAddressEqual(one, permit.issuer))) return { status: 403, text: "{}" };
    if (this.early > 0) {
      this.early -= 1;
      return { status: 204, text: "" };
    }
    const recipient = Buffer.from(permit.sealingKey.slice(2), "hex");
    this.#sealings.push({ value: kept.value, recipient, left: 2 });
    return { status: 200, text: JSON.stringify({ request_id: String(this.#sealings.length - 1) }) };
  }

  #progress(id: number): { status: number; text: string } {
    const sealing = this.#sealings[id];
    if (!sealing) return { status: 404, text: "{}" };
    sealing.left -= 1;
    if (sealing.left > 0) return { status: 200, text: JSON.stringify({ status: "PROCESSING" }) };
    const { publicKey, secretKey } = nacl.box.keyPair();
    const nonce = nacl.randomBytes(24);
    const plain = Buffer.from(sealing.value.toString(16).padStart(64, "0"), "hex");
    const data = nacl.box(plain, nonce, sealing.recipient, secretKey);
    const sealed = { data: [...data], public_key: [...publicKey], nonce: [...nonce] };
    return {
      status: 200,
      text: JSON.stringify({ status: "COMPLETED", is_succeed: true, sealed, error_message: null }),
    };
  }

  #isSigned({
    issuerSignature: signature,
    recipientSignature: _,
    expiration,
    validatorId,
    ...rest
  }: z.output<typeof permission>) {
    return verifyTypedData({
      address: rest.issuer,
      domain: { name: "ACL", version: "1", chainId: 421_614, verifyingContract: this.#acl },
      types: {
        PermissionedV2IssuerSelf: [
          { name: "issuer", type: "address" },
          { name: "expiration", type: "uint64" },
          { name: "recipient", type: "address" },
          { name: "validatorId", type: "uint256" },
          { name: "validatorContract", type: "address" },
          { name: "sealingKey", type: "bytes32" },
        ],
      },
      primaryType: "PermissionedV2IssuerSelf",
      message: { ...rest, expiration: BigInt(expiration), validatorId: BigInt(validatorId) },
      signature,
    });
  }
}
