// Whole numbers of the command line.
import { UsageError } from "clipanion";

/** From 1 to `most`; UsageError names the option. */
export function positive(option: string, text: string, most: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : 0;
  if (value >= 1 && value <= most) return value;
  throw new UsageError(`${option}: "${text}" is no whole number from 1 to ${most}`);
}
