// Before anything is promised: can this job be done here, and is its prompt to be had? Declining costs nothing, a claim may.

import type { Job, JobStep } from "../../jobs/job.ts";
import { end, next } from "../../jobs/verdicts.ts";
import { storedKey } from "../contracts/store-reads.ts";
import { getJobStatus } from "../icl-routes.ts";
import { promptKeyId } from "../job-id.ts";
import { decided } from "./decided.ts";
import type { Facts } from "./facts.ts";
import type { JobPorts } from "./ports.ts";
import { obtainPrompt } from "./prompt.ts";

export function matchStep(ports: JobPorts): JobStep<Facts> {
  return {
    name: "match",
    holdsPlace: true,
    limitMs: 90_000,
    tries: 3,
    retryMs: 2000,
    async run({ id, facts }, signal) {
      const runnable = ports.models.find(facts.model);
      if (typeof runnable === "string") return end("declined", `model ${facts.model}: ${runnable}`);
      if (!ports.cofhe) return end("declined", "no keys can be had: see networks.blindference.cofhe");
      const { status, outputCid } = await getJobStatus(ports.icl, id, signal);
      if (decided(status)) return end("lost", `it is over already: ${status}`);
      if (facts.role === "leader") {
        if (outputCid !== undefined) return end("lost", "its answer is there already");
        const refusal = await refusalToLead(ports, facts);
        if (refusal !== undefined) return end("declined", refusal);
      }
      const keyed = await withHandles(ports, { id, facts });
      if (typeof keyed === "string") return end("declined", keyed);
      // A claim is the only other way to the key's handles.
      if (keyed.handles) ports.plain.of(id).prompt = await obtainPrompt(ports, keyed, signal);
      return next(keyed);
    },
  };
}

async function refusalToLead(ports: JobPorts, { user }: Facts): Promise<string | undefined> {
  if (user === null) return "nobody is named who may read the answer";
  const refusal = await ports.leading.refusal();
  return refusal && `this node does not lead: ${refusal.why}`;
}

/** A leader puts the answer's key where the prompt's key is: if that is not there, it is the wrong place. */
async function withHandles(
  { chain, promptKeyStore }: JobPorts,
  { id, facts }: Pick<Job<Facts>, "id" | "facts">,
): Promise<Facts | string> {
  const key = promptKeyId(id);
  const needed = facts.role === "leader" || facts.handles === null;
  if (!needed || !chain || !promptKeyStore || key === undefined) return facts;
  const stored = await storedKey(chain, promptKeyStore, key);
  const found = { high: String(stored.high), low: String(stored.low) };
  const none = stored.high === 0n || stored.low === 0n;
  if (facts.handles === null) return none ? "nobody has stored a key for its prompt" : { ...facts, handles: found };
  if (found.high === facts.handles.high && found.low === facts.handles.low) return facts;
  return `the ICL uses another PromptKeyStore than ${promptKeyStore}`;
}
