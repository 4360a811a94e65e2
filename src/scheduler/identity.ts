// Rehearses IDENTITY: whether the signature is that of the node's key over that key and the IP.
import { z } from "zod";
import { identityDigest } from "../../challengers/identity.ts";
import { addressOf, personalDigest, recoverPublicKey } from "../lib/ethereum.ts";
import { proofText } from "../matrix/proof.ts";
import { type Check, type CheckContext, fail, pass } from "./check.ts";
import { askForProof } from "./proof-record.ts";

const answer = z.object({
  publicKey: z.string(),
  ipAddress: z.string(),
  signature: z.base64(),
  gpuStats: z.array(z.object({ name: z.string() })).nullable(),
});

export const identityCheck: Check = {
  name: "IDENTITY",
  async run(context) {
    const key = await publicKeyOf(context);
    const challenge = { type: "IDENTITY", payload: {} };
    const said = await context.client.json("/challenge", challenge, answer, context.signal);
    if (!key || addressOf(key) !== said.publicKey.toLowerCase()) {
      return fail(`it signs with another key than that of ${said.publicKey}, which it names`);
    }
    const signer = recoverPublicKey(identityDigest(key, said.ipAddress), Buffer.from(said.signature, "base64"));
    if (!signer || !Buffer.from(signer).equals(key))
      return fail(`the signature is not over its key and ${said.ipAddress}`);
    return pass(
      `${said.publicKey} at ${said.ipAddress}, ${said.gpuStats?.map(({ name }) => name).join(", ") || "no GPU"}`,
    );
  },
};

/** What IDENTITY signs holds the public key, and its answer does not: it is learnt from the signature of a tiny proof. */
async function publicKeyOf({ client, signal }: CheckContext): Promise<Uint8Array | undefined> {
  const { asked, committed } = await askForProof(client, { m: 1, k: 1, n: 1, backend: "auto", rows: 1 }, signal);
  const shape = { ...asked, seed: Buffer.from(asked.seed, "hex") };
  const digest = personalDigest(proofText(shape, Buffer.from(committed.root, "hex")));
  return recoverPublicKey(digest, Buffer.from(committed.signature, "hex"));
}
