// Asks the running node what the files say that it does not run by.
import { z } from "zod";
import { askControl } from "../../lib/control-socket.ts";
import type { Effect } from "./effects.ts";

const answer = z.object({ effects: z.array(z.object({ kind: z.string(), of: z.string(), text: z.string() })) });

export type Difference = Omit<Effect, "kind"> & { readonly kind: string };

/** undefined: no node runs on this home, it is from before it could be asked, or it finds the files not valid. */
export async function askDifferences(home: string): Promise<readonly Difference[] | undefined> {
  const said = await askControl(home, "GET", "/reload");
  return answer.safeParse(said?.json).data?.effects;
}
