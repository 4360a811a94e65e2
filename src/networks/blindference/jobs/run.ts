// The answer; and a leader's answer as it leaves this node, since between steps nothing readable may be kept.
import type { JobStep } from "../../jobs/job.ts";
import { back, end, next } from "../../jobs/verdicts.ts";
import { newKey, sealText, splitKey } from "../blob.ts";
import type { EncryptedInput } from "../cofhe/cofhe.ts";
import { commitmentOf } from "../commitment.ts";
import { BlindferenceError } from "../errors.ts";
import { askModel } from "./ask.ts";
import type { Facts } from "./facts.ts";
import type { Plain } from "./plain.ts";
import type { JobPorts } from "./ports.ts";

const FILE = "blindference-output.bin";

export function runStep(ports: JobPorts): JobStep<Facts> {
  return {
    name: "run",
    holdsPlace: true,
    limitMs: 240_000,
    tries: 6,
    retryMs: 2000,
    async run({ id, facts }, signal) {
      const plain = ports.plain.of(id);
      const { prompt } = plain;
      if (prompt === undefined) return back("input");
      const runnable = ports.models.find(facts.model);
      if (typeof runnable === "string") throw new BlindferenceError("blindference_job", `${facts.model}: ${runnable}`);
      const leftMs = facts.deadline === null ? undefined : facts.deadline - ports.clock.now();
      if (leftMs !== undefined && leftMs <= 0) {
        ports.plain.forget(id);
        return end("failed", "it took too long for the ICL's five minutes");
      }
      return inTime(ports, leftMs, signal, async (until) => {
        plain.answer ??= await askModel(ports.text, runnable, {
          ...{ id: `blf-${id}`, caller: facts.user ?? ports.icl.host, model: facts.model, prompt, signal: until },
        });
        if (facts.role === "verifier") return next(facts);
        const output = await seal(ports, plain, plain.answer, until);
        ports.plain.forget(id);
        return next({ ...facts, output });
      });
    },
  };
}

async function inTime<T>(
  { clock }: JobPorts,
  ms: number | undefined,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (ms === undefined) return work(signal);
  const late = new AbortController();
  const cancel = clock.after(ms, () => late.abort(new BlindferenceError("blindference_job", "it took too long")));
  try {
    return await work(AbortSignal.any([signal, late.signal]));
  } finally {
    cancel();
  }
}

/** What was stored is kept for a second try: a new key for it would be a second answer. */
async function seal(
  { ipfs, cofhe }: JobPorts,
  plain: Plain,
  said: string,
  signal: AbortSignal,
): Promise<Facts["output"]> {
  if (!cofhe) throw new BlindferenceError("blindference_job", "no keys can be had");
  if (!plain.sealed) {
    const key = newKey();
    const cid = await ipfs.add(sealText(key, said), { name: FILE, signal });
    plain.sealed = { cid, key };
  }
  const { cid, key } = plain.sealed;
  const { high, low } = await cofhe.encrypt(splitKey(key), signal);
  return { cid, commitment: commitmentOf(cid, said), key: { high: plainInput(high), low: plainInput(low) } };
}

function plainInput({ ctHash, ...input }: EncryptedInput) {
  return { ctHash: String(ctHash), ...input };
}
