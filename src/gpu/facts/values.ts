// What one field of a vendor's tool says: a number, a name, an address; "[N/A]", "ERR!" and the like say nothing.

/** "31.25", "1,024" (thousands), "31,25" (decimal comma of some locales), with or without a unit behind it. */
const NUMBER = /^(\d+(?:\.\d+)?|\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+,\d{1,2})\s*(?:%|°?c|w|mi?b)?$/i;
const NOTHING = /^(?:n\/?a|none|null|unknown|undefined|err!?|not supported|\[.*\]|0x[0-9a-f]+|-*)$/i;
const BYTES_PER_MIB = 1024 * 1024;
/** Beyond these a figure is a sensor's way to say that it has none (65535, 511): no card comes near. */
const HOTTEST_C = 200;
const STRONGEST_W = 10_000;
const LONGEST_NAME = 128;

/** A number that is not negative. */
export function figure(value: unknown): number | undefined {
  if (typeof value === "number") return Number.isFinite(value) && value >= 0 ? value : undefined;
  const digits = typeof value === "string" ? NUMBER.exec(value.trim())?.[1] : undefined;
  if (digits === undefined) return undefined;
  return figure(Number(/,\d{1,2}$/.test(digits) ? digits.replace(",", ".") : digits.replaceAll(",", "")));
}

/** A whole number, as the Go node's readers may expect it. */
export function percent(value: unknown): number | undefined {
  const exact = upTo(100, figure(value));
  return exact === undefined ? undefined : Math.round(exact);
}

/** No running card is at 0 °C or draws 0 W: a tool that says so does not know. */
export function celsius(value: unknown): number | undefined {
  return upTo(HOTTEST_C, positive(value));
}

export function watts(value: unknown): number | undefined {
  return upTo(STRONGEST_W, positive(value));
}

/** Of a capacity: nothing has 0 of it. */
export function positive(value: unknown): number | undefined {
  return figure(value) || undefined;
}

/** Bytes to whole MiB. */
export function mibOfBytes(bytes: number | undefined): number | undefined {
  return bytes === undefined ? undefined : Math.round(bytes / BYTES_PER_MIB);
}

/** What is left of a whole without a part; absent when one of them is, or when they do not fit. */
export function difference(whole: number | undefined, part: number | undefined): number | undefined {
  return whole !== undefined && part !== undefined && part <= whole ? whole - part : undefined;
}

/** A name or a version, fit to be printed on a terminal. */
export function word(value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  const clean = value.replace(/\p{Cc}/gu, "").trim();
  return NOTHING.test(clean) ? undefined : clean.slice(0, LONGEST_NAME);
}

/** "00000000:65:00.0", "0000:C4:00.0" and "65:00.0" in the kernel's form, "0000:65:00.0". */
export function pciAddress(value: unknown): string | undefined {
  const parts =
    typeof value === "string" ? /^(?:([\da-f]{4,8}):)?([\da-f]{2}:[\da-f]{2}\.[\da-f])$/i.exec(value.trim()) : null;
  if (!parts) return undefined;
  const domain = (parts[1] ?? "").replace(/^0+/, "").padStart(4, "0");
  return `${domain}:${parts[2]}`.toLowerCase();
}

function upTo(most: number, value: number | undefined): number | undefined {
  return value !== undefined && value <= most ? value : undefined;
}
