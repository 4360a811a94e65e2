// What an operator is told of without looking: a check that is red, or something that has happened.

/** warning: it may become worse. critical: work or money is being lost. */
export type Severity = "warning" | "critical";

export interface Condition {
  /** Of the doctor's check that explains it. */
  readonly id: string;
  readonly title: string;
  readonly severity: Severity;
  /** What was found, in words fit to be shown. No prompt, caller or secret is in it. */
  readonly message: string;
  readonly hint: string;
}

export interface Alert extends Condition {
  readonly state: "firing" | "resolved";
  /** Wall clock, milliseconds: since when it is so. */
  readonly since: number;
  /** Where on the web the check is explained; not there: the operator has not said where that is. */
  readonly link?: string;
}

/** Told at once: all that has changed at one look. */
export interface Notice {
  /** Wall clock, milliseconds. */
  readonly at: number;
  readonly alerts: readonly Alert[];
}
