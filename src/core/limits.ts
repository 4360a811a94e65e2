// The joint between a caller's limits and the store that several nodes count in.

/** 0 is no limit. */
export interface LimitsConfig {
  readonly requestsPerMinute: number;
  readonly tokensPerMinute: number;
  readonly concurrent: number;
}

/** What a limit says to a request: it is in, or what stands against it and for how long. */
export type Taken =
  | { readonly limit?: undefined }
  | { readonly limit: "requests" | "tokens" | "concurrent"; readonly seconds: number };

export interface LimitStore {
  /** From now on. */
  limitTo(limits: LimitsConfig): void;
  /**
   * Takes one request out of the caller's bucket and holds a place for it, or takes nothing.
   * @param place names the place until it is released; one that is not renewed is free again after a while
   */
  take(caller: string, place: string): Promise<Taken>;
  renew(places: readonly { readonly caller: string; readonly place: string }[]): Promise<void>;
  release(caller: string, place: string): Promise<void>;
  spend(caller: string, tokens: number): Promise<void>;
}

/** How long a place is held that nobody renews: its node has died. */
export const PLACE_MS = 30_000;
