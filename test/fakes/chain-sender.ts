// Helper process: does deeds on a chain one after the other or all at once, and writes the key of each that is done.
import { writeSync } from "node:fs";
import { z } from "zod";
import { openChain } from "../sandbox/chain-rig.ts";

const work = z.object({
  home: z.string(),
  key: z.templateLiteral(["0x", z.string()]),
  rpcUrls: z.array(z.string()),
  atOnce: z.boolean(),
  deeds: z.array(
    z.object({
      key: z.string(),
      to: z.custom<`0x${string}` & { __brand: "Address" }>(),
      data: z.templateLiteral(["0x", z.string()]),
    }),
  ),
});
const { home, key, rpcUrls, atOnce, deeds } = work.parse(JSON.parse(process.argv[2] ?? ""));
const { chain } = openChain({ home, key }, { rpcUrls });
writeSync(1, "ready\n");

async function perform(deed: (typeof deeds)[number]): Promise<void> {
  const intent = { ...deed, network: "toy", job: "", model: "" };
  await chain.send(intent, AbortSignal.timeout(60_000));
  writeSync(1, `${deed.key}\n`);
}

if (atOnce) await Promise.all(deeds.map(perform));
else for (const deed of deeds) await perform(deed);
process.exit(0);
