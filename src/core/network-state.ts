// The joint between networks and durable state: what a network must still know after a crash.

export interface StateItem {
  readonly key: string;
  readonly value: string;
  /** Wall clock, milliseconds: when it was written last. */
  readonly at: number;
}

/** Small facts of one network by kind and key, each durable when the call returns. Throws StoreError. */
export interface NetworkState {
  get(kind: string, key: string): StateItem | undefined;
  /** True when there was none: of two calls exactly one. */
  add(kind: string, key: string, value: string): boolean;
  set(kind: string, key: string, value: string): void;
  remove(kind: string, key: string): void;
  /** The oldest first. */
  all(kind: string): readonly StateItem[];
  /** Removes what was written last before this time. */
  forget(kind: string, before: number): void;
}
