// The field kinds that know nothing of networks: text, numbers, words, durations, sizes, chain addresses and secrets.
import { type Address, parseAddress } from "../core/address.ts";
import { formatAmount, parseAmount } from "../core/amount.ts";
import { formatHours, type Hours, parseHours } from "../core/day-time.ts";
import { formatDuration, parseDuration } from "../core/duration.ts";
import { Secret } from "../core/secret.ts";
import { describe, field } from "./field.ts";
import { closest } from "./suggest.ts";

/** @param what after "expected": "a file name" */
export function text(what: string, example: string) {
  return field<string>({
    schema: { title: "text", type: "string", minLength: 1, examples: [example] },
    expected: what,
    read: (input) => (input.trim() === "" ? undefined : input),
    write: (value) => value,
  });
}

export function integer(min: number, max = Number.MAX_SAFE_INTEGER) {
  const bounds = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
  return field<number>({
    schema: { title: "integer", type: "integer", minimum: min, maximum: max, examples: [Math.max(min, 1)] },
    expected: `a whole number ${bounds}`,
    read(input) {
      const value = /^[+-]?\d+$/.test(input) ? Number(input) : Number.NaN;
      return value >= min && value <= max ? value : undefined;
    },
    write: (value) => value,
  });
}

export const positiveNumber = field<number>({
  schema: { title: "number", type: "number", exclusiveMinimum: 0 },
  expected: "a number greater than 0",
  read: (input) => (/^\+?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(input) && Number(input) > 0 ? Number(input) : undefined),
  write: (value) => value,
});

// What Go's YAML takes for a bool field.
const TRUE = ["true", "yes", "on"];
const FALSE = ["false", "no", "off"];

export const flag = field<boolean>({
  schema: { title: "boolean", type: "boolean" },
  expected: "true or false",
  read: (input) => TRUE.includes(input.toLowerCase()) || (FALSE.includes(input.toLowerCase()) ? false : undefined),
  write: (value) => value,
});

/** Hours of the day: "22:00-07:00". */
export const hours = field<Hours>({
  schema: { title: "hours", type: "string", examples: ["22:00-07:00"] },
  expected: 'hours of the day such as "22:00-07:00"',
  read: parseHours,
  write: formatHours,
});

/** One of a few words, in any case. */
export function choice<const T extends string>(options: readonly T[]) {
  const expected = `one of ${options.join(", ")}`;
  return field<T>({
    schema: { title: options.join(" | "), type: "string", enum: options, examples: [options[0]] },
    expected,
    read(input, refuse) {
      const found = options.find((option) => option.toLowerCase() === input.toLowerCase());
      if (found !== undefined) return found;
      const near = closest(input, options);
      return near && refuse(`expected ${expected}, found ${describe(input)}; did you mean ${JSON.stringify(near)}?`);
    },
    write: (value) => value,
  });
}

/** Timers take no more: a longer one would fire at once. */
const LONGEST_MS = 2 ** 31 - 1;

/** Go duration text ("1m30s"); the value is whole milliseconds, `min` at least. */
export function duration(min: "0s" | "1ms") {
  const least = min === "0s" ? 0 : 1;
  return field<number>({
    schema: { title: "duration", type: "string", examples: ["90s"] },
    expected: `a duration such as "90s" or "1m30s"`,
    read(input, refuse) {
      const exact = parseDuration(input);
      if (exact === undefined) {
        if (/^\d+$/.test(input))
          return refuse(`expected a duration with its unit, such as "${input}s", found ${input}`);
        return undefined;
      }
      const ms = Math.round(exact);
      if (ms < least) return refuse(`expected a duration of at least ${min}, found ${describe(input)}`);
      if (ms > LONGEST_MS) return refuse(`expected a duration of at most 596h, found ${describe(input)}`);
      return ms;
    },
    write: formatDuration,
  });
}

const SIZE_UNITS = ["GB", "MB", "KB", "B"] as const;
const BYTES = { GB: 1024 ** 3, MB: 1024 ** 2, KB: 1024, B: 1 } as const;

/** "20MB" or a number of bytes; KB, MB and GB are powers of 1024. */
export const size = field<number>({
  schema: { title: "size", type: ["string", "integer"], examples: ["20MB"] },
  expected: `a size such as "20MB" or a number of bytes`,
  read(input) {
    const match = /^(\d+) *([KMG]?B)?$/i.exec(input);
    const unit = SIZE_UNITS.find((name) => name === (match?.[2] ?? "B").toUpperCase());
    const bytes = match && unit ? Number(match[1]) * BYTES[unit] : Number.NaN;
    return Number.isSafeInteger(bytes) && bytes > 0 ? bytes : undefined;
  },
  write(bytes) {
    const unit = SIZE_UNITS.find((name) => bytes % BYTES[name] === 0) ?? "B";
    return unit === "B" ? bytes : `${bytes / BYTES[unit]}${unit}`;
  },
});

/** An amount in its unit: "0.01"; the value is whole smallest units, wei. */
function amount(unit: string, decimals: number, example: string) {
  return field<bigint>({
    schema: { title: unit, type: ["string", "number"], examples: [example] },
    expected: `an amount of ${unit} such as "${example}"`,
    read: (input) => parseAmount(input, decimals),
    write: (value) => formatAmount(value, decimals),
  });
}

export const ether = amount("ETH", 18, "0.01");
export const gwei = amount("gwei", 9, "0.5");

export const address = field<Address>({
  schema: { title: "address", type: "string", pattern: "^0[xX][0-9a-fA-F]{40}$" },
  expected: "an address: 0x and 40 hex digits",
  read: parseAddress,
  write: (value) => value,
});

export const secret = field<Secret>({
  schema: { title: "secret", type: "string", format: "password", writeOnly: true, examples: ["changeme"] },
  // It becomes a header's value: a space or a line break in it is a slip of copying.
  expected: "a secret of visible ASCII characters without spaces",
  hidden: true,
  read: (input) => (/^[\x21-\x7e]+$/.test(input) ? new Secret(input) : undefined),
  write: String,
});
