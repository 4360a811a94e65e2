// The messages of fed_AI's wire. Members that are not known are ignored; null is no value of an optional one.
import { z } from "zod";
import { envelopeOf } from "./envelope.ts";

export const JOB_TYPES = [
  "EMBEDDING",
  "RERANK",
  "CLASSIFY",
  "MODERATE",
  "TOOL_CALL",
  "SUMMARISE",
  "GEN_CHUNK",
] as const;

const jobType = z.enum(JOB_TYPES);
const payeeType = z.enum(["node", "router"]);
/** Counted before they are looked at: a body of a megabyte has room for a hundred thousand, with a fault in each. */
function few<T extends z.ZodType>(most: number, schema: T) {
  return z
    .unknown()
    .refine((value) => sizeOf(value) <= most, `more than ${most} entries`)
    .pipe(schema);
}

function sizeOf(value: unknown): number {
  if (Array.isArray(value)) return value.length;
  return typeof value === "object" && value !== null ? Object.keys(value).length : 0;
}

const texts = few(64, z.record(z.string(), z.string()));

export const capability = z.object({
  modelId: z.string(),
  contextWindow: z.number(),
  maxTokens: z.number(),
  pricing: z.object({
    unit: z.enum(["token", "second"]),
    inputRate: z.number(),
    outputRate: z.number(),
    currency: z.string(),
  }),
  latencyEstimateMs: z.number().optional(),
  jobTypes: z.array(jobType).optional(),
});

export const nodeDescriptor = z.object({
  nodeId: z.string(),
  keyId: z.string(),
  endpoint: z.string(),
  region: z.string().optional(),
  capacity: z.object({ maxConcurrent: z.number(), currentLoad: z.number() }),
  capabilities: z.array(capability),
  trustScore: z.number().optional(),
  lastHeartbeatMs: z.number().optional(),
});

const paymentSplit = z.object({
  payeeType,
  payeeId: z.string(),
  amountSats: z.number(),
  role: z.enum(["node-inference", "router-fee", "other"]).optional(),
});

const splits = few(16, z.array(paymentSplit));

export const paymentReceipt = z.object({
  requestId: z.string(),
  payeeType,
  payeeId: z.string(),
  amountSats: z.number(),
  paidAtMs: z.number(),
  paymentHash: z.string().optional(),
  preimage: z.string().optional(),
  invoice: z.string().optional(),
  splits: splits.optional(),
});

export const inferenceRequest = z.object({
  requestId: z.string(),
  modelId: z.string(),
  prompt: z.string(),
  maxTokens: z.number(),
  temperature: z.number().optional(),
  topP: z.number().optional(),
  jobType: jobType.optional(),
  metadata: texts.optional(),
  paymentReceipts: few(16, z.array(envelopeOf(paymentReceipt))).optional(),
});

export const inferenceResponse = z.object({
  requestId: z.string(),
  modelId: z.string(),
  output: z.string(),
  usage: z.object({ inputTokens: z.number(), outputTokens: z.number() }),
  latencyMs: z.number(),
});

export const meteringRecord = z.object({
  requestId: z.string(),
  nodeId: z.string(),
  modelId: z.string(),
  promptHash: z.string(),
  inputTokens: z.number(),
  outputTokens: z.number(),
  wallTimeMs: z.number(),
  bytesIn: z.number(),
  bytesOut: z.number(),
  ts: z.number(),
});

export const streamChunk = z.object({
  requestId: z.string(),
  modelId: z.string(),
  delta: z.string(),
  index: z.int().min(0),
});

export const paymentRequest = z.object({
  requestId: z.string(),
  payeeType,
  payeeId: z.string(),
  amountSats: z.number(),
  invoice: z.string(),
  expiresAtMs: z.number(),
  paymentHash: z.string().optional(),
  splits: splits.optional(),
  metadata: texts.optional(),
});

export const nodeOffloadRequest = z.object({
  requestId: z.string(),
  originNodeId: z.string(),
  request: inferenceRequest,
  avoidNodeIds: z.array(z.string()).optional(),
});

export const rfbPayload = z.object({
  requestId: z.string(),
  jobType: jobType.optional(),
  sizeEstimate: z.object({ tokens: z.number(), bytes: z.number() }),
  /** Absolute. */
  deadlineMs: z.number(),
  maxRuntimeMs: z.number().optional(),
});

export const bidPayload = z.object({
  requestId: z.string(),
  nodeId: z.string().optional(),
  priceMsat: z.number().optional(),
  /** A length of time. */
  etaMs: z.number(),
  /** Absolute. */
  bidExpiryMs: z.number(),
});

export const awardPayload = z.object({
  requestId: z.string(),
  winnerKeyId: z.string(),
  acceptedPriceMsat: z.number().optional(),
  awardExpiryMs: z.number(),
});

export const inferEnvelope = envelopeOf(inferenceRequest);
export const rfbEnvelope = envelopeOf(rfbPayload);
export const bidEnvelope = envelopeOf(bidPayload);
export const awardEnvelope = envelopeOf(awardPayload);
/** What another node answers to /infer. */
export const inferAnswer = z.object({
  response: envelopeOf(inferenceResponse),
  metering: envelopeOf(meteringRecord),
});

export type Capability = z.output<typeof capability>;
export type NodeDescriptor = z.output<typeof nodeDescriptor>;
export type InferenceRequest = z.output<typeof inferenceRequest>;
export type InferenceResponse = z.output<typeof inferenceResponse>;
export type MeteringRecord = z.output<typeof meteringRecord>;
export type PaymentReceipt = z.output<typeof paymentReceipt>;
