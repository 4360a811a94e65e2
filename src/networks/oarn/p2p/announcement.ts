// A task as it is announced: JSON of six fields whose numbers are exact, and ours beside them. A hint, never a fact.
import { z } from "zod";
import { P2pError } from "./errors.ts";

const U64_MAX = 2n ** 64n - 1n;
const U32_MAX = 2 ** 32 - 1;

/** The digits as they stood in the text: a JavaScript number loses those beyond 2^53. */
class Digits {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

const u64 = z
  .instanceof(Digits)
  .transform(({ text }) => BigInt(text))
  .refine((value) => value <= U64_MAX);
const u32 = z
  .instanceof(Digits)
  .transform(({ text }) => Number(text))
  .refine((value) => value <= U32_MAX);
const hash = z.string().regex(/^(0x)?[0-9a-fA-F]{64}$/);
const address = z.string().regex(/^0x[0-9a-fA-F]{40}$/);
/** Longer than any CID in use; what it means is for whoever fetches it. */
const cid = z.string().regex(/^[A-Za-z0-9+/=_-]{1,128}$/);
const wei = z.string().regex(/^\d{1,78}$/);

const wire = z.object({
  id: u64,
  model_hash: hash,
  input_hash: hash,
  reward: u64,
  required_nodes: u32,
  deadline: u64,
  // A field of ours that does not fit says nothing; the six that everybody knows still do.
  chain_id: u64.optional().catch(undefined),
  registry: address.optional().catch(undefined),
  registry_version: u32.optional().catch(undefined),
  model_cid: cid.optional().catch(undefined),
  input_cid: cid.optional().catch(undefined),
  reward_wei: wei.optional().catch(undefined),
});

export interface TaskAnnouncement {
  readonly id: bigint;
  /** 0x and 64 hex digits in lower case. */
  readonly modelHash: string;
  readonly inputHash: string;
  /** Of one node, in wei. */
  readonly reward: bigint;
  readonly requiredNodes: number;
  /** Seconds since 1970. */
  readonly deadline: bigint;
  readonly chainId?: bigint | undefined;
  /** 0x and 40 hex digits in lower case. */
  readonly registry?: string | undefined;
  readonly registryVersion?: number | undefined;
  readonly modelCid?: string | undefined;
  readonly inputCid?: string | undefined;
}

/** Undefined for what does not parse, which everybody drops in silence. */
export function parseAnnouncement(bytes: Uint8Array): TaskAnnouncement | undefined {
  const { data } = wire.safeParse(exactJson(bytes));
  if (!data) return undefined;
  return {
    id: data.id,
    modelHash: lowerHash(data.model_hash),
    inputHash: lowerHash(data.input_hash),
    reward: data.reward_wei === undefined ? data.reward : BigInt(data.reward_wei),
    requiredNodes: data.required_nodes,
    deadline: data.deadline,
    chainId: data.chain_id,
    registry: data.registry?.toLowerCase(),
    registryVersion: data.registry_version,
    modelCid: data.model_cid,
    inputCid: data.input_cid,
  };
}

/** Throws P2pError for a task that the wire has no numbers for. */
export function writeAnnouncement(task: TaskAnnouncement): Uint8Array<ArrayBuffer> {
  const fields = [
    member("id", task.id),
    member("model_hash", task.modelHash),
    member("input_hash", task.inputHash),
    // The field everybody knows ends at 18.44 ETH; the whole number is in the field that is ours.
    member("reward", task.reward > U64_MAX ? U64_MAX : task.reward),
    member("required_nodes", BigInt(task.requiredNodes)),
    member("deadline", task.deadline),
    member("chain_id", task.chainId),
    member("registry", task.registry),
    member("registry_version", task.registryVersion === undefined ? undefined : BigInt(task.registryVersion)),
    member("model_cid", task.modelCid),
    member("input_cid", task.inputCid),
    member("reward_wei", String(task.reward)),
  ];
  const bytes = new TextEncoder().encode(`{${fields.filter((field) => field !== undefined).join(",")}}`);
  if (!parseAnnouncement(bytes))
    throw new P2pError(
      "announcement_invalid",
      `task ${task.id} cannot be announced`,
      "A value does not fit its field.",
    );
  return bytes;
}

function member(name: string, value: bigint | string | undefined): string | undefined {
  if (value === undefined) return undefined;
  return `"${name}":${typeof value === "bigint" ? value : JSON.stringify(value)}`;
}

/** Whole numbers become Digits; others stay numbers and fit no field. */
function exactJson(bytes: Uint8Array): unknown {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return JSON.parse(text, (_key, value: unknown, context?: { readonly source?: string }) =>
      typeof value === "number" && /^\d{1,20}$/.test(context?.source ?? "") ? new Digits(context?.source ?? "") : value,
    );
  } catch {
    return undefined;
  }
}

function lowerHash(text: string): string {
  return `0x${text.replace(/^0x/, "").toLowerCase()}`;
}
