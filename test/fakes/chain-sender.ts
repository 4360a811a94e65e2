// Helper process: does deeds on a chain one after the other or all at once, and says when it has opened its home.
import { writeSync } from "node:fs";
import { encodeFunctionData, parseAbi } from "viem";
import { z } from "zod";
import { parseAddress } from "../../src/core/address.ts";
import { deedOf, openChain } from "../sandbox/chain-rig.ts";

const work = z.object({
  home: z.string(),
  privateKey: z.templateLiteral(["0x", z.string()]),
  rpcUrls: z.array(z.string()),
  atOnce: z.boolean(),
  to: z.string(),
  keys: z.array(z.string()),
});
const { home, privateKey, rpcUrls, atOnce, to, keys } = work.parse(JSON.parse(process.argv[2] ?? ""));
const abi = parseAbi(["function perform(bytes32 deed) payable"]);
const { chain } = openChain({ home, key: privateKey }, { rpcUrls });
writeSync(1, "ready\n");

async function perform(key: string): Promise<void> {
  const contract = parseAddress(to);
  if (!contract) throw new Error(`not an address: ${to}`);
  const data = encodeFunctionData({ abi, args: [deedOf(key)] });
  const deed = { key, network: "toy", job: "", model: "", to: contract, data };
  await chain.send(deed, AbortSignal.timeout(60_000));
}

if (atOnce) await Promise.all(keys.map(perform));
else for (const key of keys) await perform(key);
process.exit(0);
