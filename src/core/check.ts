// What `fxn networks status` and `fxn doctor` ask: one question each, with a stable id and an answer in the operator's words.

export interface CheckAnswer {
  /** skip: it cannot be asked here and now, and `message` says why. */
  readonly state: "ok" | "warn" | "fail" | "skip";
  readonly message: string;
  /** What to do about it. */
  readonly hint?: string;
}

export interface Check {
  /** "fedai.router", "key.mode": the network or the room, a dot, what is looked at. Stable: alerts and documents name it. */
  readonly id: string;
  readonly title: string;
  run(signal: AbortSignal): Promise<CheckAnswer>;
}
