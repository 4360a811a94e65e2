// Random numbers that come again: a test that fails names its seed.

/** Numbers from 0 up to 1, the same for the same seed. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** $FXN_SEED, else another one each time. */
export function seedOfTest(): number {
  return Number(process.env.FXN_SEED ?? crypto.getRandomValues(new Uint32Array(1))[0]);
}
