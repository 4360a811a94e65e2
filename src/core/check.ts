// What `fxn networks status` and the doctor ask: one question each, with a stable id and an answer in the operator's words.

export interface CheckAnswer {
  readonly state: "ok" | "warn" | "fail";
  readonly message: string;
  /** What to do about it. */
  readonly hint?: string;
}

export interface Check {
  /** "fedai.router": the network, a dot, what is looked at. */
  readonly id: string;
  readonly title: string;
  run(signal: AbortSignal): Promise<CheckAnswer>;
}
