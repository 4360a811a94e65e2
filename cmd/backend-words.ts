// How model servers are, in words.
import type { BackendStatus } from "../src/core/status.ts";

const WORDS: Readonly<Record<string, string>> = {
  closed: "up",
  open: "DOWN",
  half_open: "being tried again",
  unknown: "not asked yet",
};

export function backendWords(state: string): string {
  return WORDS[state] ?? state;
}

export function troubledFirst(backends: readonly BackendStatus[]): readonly BackendStatus[] {
  return backends.toSorted((a, b) => Number(a.state === "closed") - Number(b.state === "closed"));
}
