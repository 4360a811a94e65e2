// THE CHECK TABLE of a rehearsal, run one after the other: what the network will ask of the node.
import { messageOf } from "../core/errors.ts";
import { newKey } from "../keys/private-key.ts";
import { signerFromKey } from "../keys/signer.ts";
import type { HttpClient } from "../lib/http-client.ts";
import { chatCheck } from "./chat.ts";
import type { Check, CheckContext, Finding } from "./check.ts";
import { doorCheck } from "./door.ts";
import { identityCheck } from "./identity.ts";
import { productCheck } from "./product.ts";
import { proofCheck } from "./proof.ts";
import { reachableCheck } from "./reachable.ts";

export interface Rehearsed extends Finding {
  readonly name: string;
  readonly ms: number;
}

export function checksWith(http: HttpClient): readonly Check[] {
  return [doorCheck(http, signerFromKey(newKey())), identityCheck, reachableCheck, productCheck, proofCheck, chatCheck];
}

/** Never throws: what fails says so. */
export async function* rehearse(checks: readonly Check[], context: CheckContext): AsyncGenerator<Rehearsed> {
  for (const { name, run } of checks) {
    const begun = performance.now();
    const finding = await run(context).catch(
      (error: unknown): Finding => ({ outcome: "fail", what: messageOf(error) }),
    );
    yield { name, ...finding, ms: performance.now() - begun };
  }
}
