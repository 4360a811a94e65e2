// The joint between what is counted and the processes of one node that count together.

/** How many of something there are now, over all processes. */
export interface SharedCounter {
  total(): number;
  /** One more, unless there are `most` already; decided in one step. */
  enter(most: number): boolean;
  /** One less of those that entered here. */
  leave(): void;
}

/** A number that all processes see and change, whole and in one step. */
export interface SharedWord {
  /** @param change gives the new value, or undefined to leave it; it may be called again when another came first */
  update(change: (now: bigint) => bigint | undefined): bigint;
}

/** What is counted under one name. */
export interface SharedRow {
  readonly counter: SharedCounter;
  /** Two words, 0 at first. */
  readonly words: readonly [SharedWord, SharedWord];
}

export interface SharedRows {
  /** How many processes count; with one, nobody else changes anything. */
  readonly processes: number;
  /** Milliseconds since the node started, the same in all processes but for a few. */
  elapsed(): number;
  row(name: string): SharedRow;
}
