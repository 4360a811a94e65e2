// The far side of a toy network: hands out jobs, and counts what was done to it, above all what was done twice.

export const FAR_OPS = ["claimed", "claim", "input", "put", "has", "submitted", "submit", "paid", "ended"] as const;
export type FarOp = (typeof FAR_OPS)[number];

export interface FarJob {
  readonly id: string;
  claims: number;
  submits: number;
  payments: number;
  /** Asked after the submission, until it pays. */
  asked: number;
  stored: boolean;
  /** What our node said became of it: each time that it said so. */
  readonly outcomes: string[];
}

/** By their numbers: some are another's before we come, some are not for us. */
export const isForOthers = (id: string) => Number(id.slice(1)) % 7 === 3;
export const isNotForUs = (id: string) => Number(id.slice(1)) % 11 === 5;

export class JobFarSide {
  readonly jobs = new Map<string, FarJob>();
  readonly wrong: string[] = [];
  /** Loses what was stored, once, of every so many jobs. */
  readonly #losesEvery: number;

  constructor(losesEvery = 5) {
    this.#losesEvery = losesEvery;
  }

  publish(): string {
    const id = `j${this.jobs.size}`;
    this.jobs.set(id, { id, claims: 0, submits: 0, payments: 0, asked: 0, stored: false, outcomes: [] });
    return id;
  }

  /** Those that a network would offer: also many of which nothing more is wanted. */
  offered(): string[] {
    return [...this.jobs.keys()];
  }

  answer(op: FarOp, id: string, value = ""): string {
    const job = this.jobs.get(id);
    if (!job) return "unknown";
    const yes = (is: boolean) => (is ? "yes" : "no");
    switch (op) {
      case "claimed":
        return isForOthers(id) ? "other" : yes(job.claims > 0);
      case "claim":
        if (++job.claims > 1) this.wrong.push(`${id} was claimed ${job.claims} times`);
        return "ok";
      case "input":
        if (job.claims === 0) this.wrong.push(`${id} was begun without a claim`);
        return `input of ${id}`;
      case "put":
        job.stored = true;
        return "ok";
      case "has":
        return yes(job.stored);
      case "submitted":
        if (job.submits === 0 && Number(id.slice(1)) % this.#losesEvery === 1 && job.asked++ === 0) job.stored = false;
        return yes(job.submits > 0);
      case "submit":
        if (value !== `answer to input of ${id}`) this.wrong.push(`${id} was answered with "${value}"`);
        if (++job.submits > 1) this.wrong.push(`${id} was submitted ${job.submits} times`);
        return "ok";
      case "paid":
        if (job.submits > 0 && ++job.asked > 3 && job.payments === 0) job.payments = 1;
        return yes(job.payments > 0);
      case "ended":
        job.outcomes.push(value);
        return "ok";
    }
  }

  /** What must hold in the end of every job that was taken. @param outcome on our disk */
  check(id: string, outcome: string | undefined): void {
    const job = this.jobs.get(id);
    const { claims = 0, submits = 0, payments = 0 } = job ?? {};
    const facts = `${claims} claims, ${submits} submissions, ${payments} payments`;
    const fits =
      (outcome === "settled" && submits === 1 && payments === 1) ||
      (outcome === "lost" && claims === 0) ||
      (outcome === "declined" && claims === 0) ||
      outcome === "failed";
    if (!fits) this.wrong.push(`${id} ended as ${outcome}: ${facts}`);
  }
}
