// What a comparison is: rows of two figures of the same run, their ratio, and the bound that it must keep.

/** Ratios, not times: what else the machine does slows both sides. */
export type Bound = { readonly least: number } | { readonly most: number };

export interface Row {
  readonly what: string;
  /** Both in words, with their unit. */
  readonly measured: string;
  readonly against: string;
  readonly ratio: number;
  /** Without one the row is there to be read. */
  readonly bound?: Bound;
}

/** What this machine cannot compare, and why. */
export interface Skipped {
  readonly what: string;
  readonly why: string;
}

/** What was measured, to be read. */
export interface Figures {
  readonly head: readonly string[];
  readonly lines: readonly (readonly string[])[];
}

export type Finding = Row | Skipped | Figures;

export interface Comparison {
  readonly name: string;
  /** One line above the table. */
  readonly about: string;
  run(): Promise<readonly Finding[]>;
}

export function missed({ ratio, bound }: Row): boolean {
  if (!bound) return false;
  // Written so that NaN is a miss.
  return !("least" in bound ? ratio >= bound.least : ratio <= bound.most);
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** Nearest rank. @param share 0 to 1 @throws RangeError for no values */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  if (value === undefined) throw new RangeError("no values");
  return value;
}
