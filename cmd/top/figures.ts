// Numbers as the live view says them: short, and always about as wide.

export function short(value: number): string {
  if (value >= 1e9) return `${(value / 1e9).toFixed(1)}G`;
  if (value >= 1e6) return `${(value / 1e6).toFixed(1)}M`;
  if (value >= 10_000) return `${(value / 1000).toFixed(1)}k`;
  return value >= 100 || Number.isInteger(value) ? value.toFixed(0) : value.toFixed(1);
}

export function seconds(value: number): string {
  return value < 1 ? `${(value * 1000).toFixed(0)} ms` : `${value.toFixed(value < 10 ? 2 : 0)} s`;
}

/** In its largest unit. */
export function age(ms: number): string {
  const all = Math.max(0, Math.floor(ms / 1000));
  if (all < 120) return `${all}s`;
  if (all < 7200) return `${Math.floor(all / 60)}m`;
  return all < 172_800 ? `${Math.floor(all / 3600)}h` : `${Math.floor(all / 86_400)}d`;
}
