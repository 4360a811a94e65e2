// What is kept of anybody: the joint between whoever keeps something and `fxn privacy-report`.

/** Where it lies. */
export type DataPlace =
  /** A table of fxn.db. */
  | { readonly table: string }
  /** A kind of state in fxn.db; `of` whom, where that is not the network whose class it is. */
  | { readonly state: string; readonly of?: string }
  /** Files in the home; * is any part of a name. */
  | { readonly file: string }
  /** In a store that several nodes share (`store.url`): a table of Postgres or a key of Redis, without the prefix; * as above. */
  | { readonly shared: string }
  /** In words: memory, the log. */
  | { readonly elsewhere: string };

export interface DataClass {
  /** "ledger"; a network's begin with its id and a dot. Stable. */
  readonly id: string;
  readonly what: string;
  /** Empty: nowhere. */
  readonly places: readonly DataPlace[];
  /** How long, in words. */
  readonly kept: string;
  readonly why: string;
  readonly seenBy: string;
  /** How not to have it; undefined: the node needs it. */
  readonly off?: string;
  /** Its files hold nothing but secrets: bug reports leave out whatever stands in them. */
  readonly secret?: true;
  /** Tests that show it, as files of the sources. */
  readonly shownBy?: readonly string[];
}
