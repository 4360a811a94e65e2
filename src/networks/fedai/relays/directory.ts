// Reads a list of relays: arrays and maps, of URLs, flags and entries. What is no entry is left out.
import { z } from "zod";
import { jsonOf } from "../json.ts";

export interface RelayEntry {
  readonly url: string;
  readonly read?: boolean | undefined;
  readonly write?: boolean | undefined;
  readonly score?: number | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly latencyMs?: number | undefined;
  readonly lastSeenMs?: number | undefined;
}

/** Lists may be nested; no honest one is so deep. */
const DEEPEST = 8;

const asWritten = <T extends z.ZodType>(type: T) => type.optional().catch(undefined);
const entry = z.object({
  url: asWritten(z.string()),
  read: asWritten(z.boolean()),
  write: asWritten(z.boolean()),
  score: asWritten(z.number()),
  tags: asWritten(z.array(z.unknown()).transform((tags) => tags.filter((tag) => typeof tag === "string"))),
  latencyMs: asWritten(z.number().min(0)),
  lastSeenMs: asWritten(z.number()),
});
const map = z.record(z.string(), z.unknown());

export function entriesIn(body: Uint8Array): readonly RelayEntry[] {
  const whole = jsonOf(body);
  if (Array.isArray(whole)) return ofList(whole, 0);
  const named = map.safeParse(whole).data;
  if (!named) return [];
  const list = named.relays ?? named.entries ?? named;
  return Array.isArray(list) ? ofList(list, 0) : ofMap(list);
}

function ofList(items: readonly unknown[], depth: number): RelayEntry[] {
  return items.flatMap((item) => {
    if (Array.isArray(item)) return depth < DEEPEST ? ofList(item, depth + 1) : [];
    if (typeof item === "string") return [{ url: item }];
    return ofObject(item);
  });
}

function ofMap(value: unknown): RelayEntry[] {
  return Object.entries(map.safeParse(value).data ?? {}).flatMap(([key, item]) => {
    if (typeof item === "string") return [{ url: item }];
    if (typeof item === "boolean") return [{ url: key, read: item, write: item }];
    return ofObject(item, key);
  });
}

function ofObject(item: unknown, fallback?: string): RelayEntry[] {
  const parsed = entry.safeParse(item).data;
  const url = parsed?.url ?? fallback;
  return parsed && url !== undefined ? [{ ...parsed, url }] : [];
}
