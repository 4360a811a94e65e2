// Which of several model servers gets the next request: the least busy for its weight, in turns when they are equal.

export interface Candidate {
  readonly upstream: { readonly inflight: number };
  readonly config: { readonly weight: number };
}

/** @param turn counts up with each pick: candidates that are equally busy take turns by it */
export function pickLeastBusy<C extends Candidate>(candidates: readonly C[], turn: number): C | undefined {
  let best: C | undefined;
  for (let i = 0; i < candidates.length; i++) {
    const candidate = candidates[(turn + i) % candidates.length];
    if (candidate && (!best || load(candidate) < load(best))) best = candidate;
  }
  return best;
}

function load({ upstream, config }: Candidate): number {
  return (upstream.inflight + 1) / config.weight;
}
