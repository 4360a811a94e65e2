// Whether the PromptKeyStore of the configuration may be the one that the coordinator uses, of several that are about.
import type { Chain } from "../../chain/chain.ts";
import type { Address } from "../../core/address.ts";
import { type CheckAnswer, fail, ok, warn } from "../../core/check.ts";
import { checksumAddress } from "../../lib/ethereum.ts";
import { hasCode } from "./contracts/reads.ts";
import { iclOf, isKnownIcl } from "./contracts/store-reads.ts";

const EACH_JOB =
  "Ask the ICL's operator for the one in use, and set networks.blindference.promptKeyStore. Before a job is claimed its key is looked for there; if that is another one than the ICL's, the job is declined.";

/** The ICL's URL does not say its account; a contract of the network that knows it stands in for that. */
export async function checkStore(chain: Chain, store: Address | undefined): Promise<CheckAnswer> {
  if (!store)
    return warn(
      "no PromptKeyStore is set",
      "Set networks.blindference.promptKeyStore to the ICL's: its operator knows it.",
    );
  if (!(await hasCode(chain, store))) {
    return fail(`there is no contract at ${store}`, "Set networks.blindference.promptKeyStore to the ICL's.");
  }
  const icl = await iclOf(chain, store);
  if (!icl) return warn(`${store} names no ICL: is it a PromptKeyStore?`, EACH_JOB);
  const named = `its ICL is ${checksumAddress(icl)}`;
  if (await isKnownIcl(chain, icl)) return ok(`${named}, as NodeRegistry has it`);
  return warn(`${named}, which NodeRegistry does not know`, EACH_JOB);
}
