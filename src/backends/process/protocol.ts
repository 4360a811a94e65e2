// What the node and a runner say to each other: one JSON object a line, over the runner's standard input and output.
import { z } from "zod";

/** Of what a runner says. */
export const MAX_LINE_BYTES = 1024 * 1024;

const id = z.int().nonnegative();
const count = z.int().nonnegative();

const ready = z.strictObject({
  ready: z.literal(true),
  models: z.array(z.string().min(1).max(256)).min(1).max(1024),
  /** Requests that it takes at the same time. */
  concurrent: z.int().min(1).max(4096).default(1),
});
const delta = z.strictObject({ id, delta: z.string() });
const done = z.strictObject({
  id,
  done: z.literal(true),
  finish_reason: z.string().max(64).default("stop"),
  usage: z.object({ prompt_tokens: count.nullish(), completion_tokens: count.nullish() }).optional(),
});
/** Of one request; the runner goes on. */
const failed = z.strictObject({ id, error: z.string(), status: z.int().min(400).max(599).default(500) });

export const fromRunner = z.union([ready, delta, done, failed]);
export type FromRunner = z.output<typeof fromRunner>;
export type Ready = z.output<typeof ready>;

/** For a line that is none of those: whose request it spoils. */
export const ofRequest = z.object({ id });

const CR = 13;
const LF = 10;
const SPACE = 32;

/** @param body JSON, which goes as it came: a line break in it can only stand between its parts, and becomes a space */
export function requestLine(number: number, route: string, body: Uint8Array): Uint8Array {
  const oneLine = body.map((byte) => (byte === LF || byte === CR ? SPACE : byte));
  const head = `{"id":${number},"route":${JSON.stringify(route)},"body":`;
  return Buffer.concat([Buffer.from(head), oneLine, Buffer.from("}\n")]);
}

export function cancelLine(number: number): Uint8Array {
  return Buffer.from(`${JSON.stringify({ id: number, cancel: true })}\n`);
}
