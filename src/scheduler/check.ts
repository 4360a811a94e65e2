// What a rehearsal's check is: one thing that the network will ask of the node, and how it was found.
import type { Kernels } from "../matrix/kernels.ts";
import type { SignedClient } from "./signed-client.ts";

export interface CheckContext {
  readonly client: SignedClient;
  /** Where the world reaches the node; undefined: only the private listener is asked. */
  readonly publicUrl: string | undefined;
  readonly kernels: Kernels;
  readonly proof: { readonly size: number; readonly rows: number };
  readonly signal: AbortSignal;
}

export interface Finding {
  readonly outcome: "pass" | "fail" | "skipped";
  /** What was measured, or why it failed; one line. */
  readonly what: string;
}

export interface Check {
  readonly name: string;
  /** What it throws is a failure, and its message the reason. */
  run(context: CheckContext): Promise<Finding>;
}

export const pass = (what: string): Finding => ({ outcome: "pass", what });
export const fail = (what: string): Finding => ({ outcome: "fail", what });
export const skipped = (what: string): Finding => ({ outcome: "skipped", what });
