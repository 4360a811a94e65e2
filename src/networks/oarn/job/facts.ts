// What is kept of a job between its steps. OARN's content is public, so that a result may be kept until it is uploaded.
import { z } from "zod";
import { type Address, type Hex, parseAddress } from "../../../core/address.ts";
import type { Job } from "../../jobs/job.ts";

const hex = z.custom<Hex>((value) => typeof value === "string" && /^0x[0-9a-f]*$/i.test(value));
const address = z.custom<Address>((value) => typeof value === "string" && parseAddress(value) === value);
const decimal = z.string().regex(/^\d+$/);

export const oarnFacts = z.object({
  chainId: z.number().int(),
  registry: address,
  version: z.literal([1, 2]),
  task: decimal,
  modelHash: hex,
  inputHash: hex,
  modelCid: z.string(),
  inputCid: z.string(),
  framework: z.enum(["onnx", "text"]),
  /** Of text tasks: as the model servers know it. Else a name to show. */
  model: z.string(),
  requiredNodes: z.number().int(),
  /** Unix seconds. */
  deadline: z.number(),
  /** The block at which the job was taken: nothing of it is older. */
  fromBlock: decimal,
  result: z
    .object({
      hash: hex,
      /** base64, until it is uploaded. */
      bytes: z.string().optional(),
      cid: z.string().optional(),
    })
    .optional(),
  claimed: hex.optional(),
  submitted: hex.optional(),
});

export type OarnFacts = z.output<typeof oarnFacts>;
export type OarnJob = Job<OarnFacts>;
