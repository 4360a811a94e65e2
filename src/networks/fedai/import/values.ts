// Values of the reference's variables, read strictly: what it took for something else is an error here.
import { formatDuration } from "../../../core/duration.ts";
import { FedaiError } from "../errors.ts";
import { parsePublicKey } from "../keys.ts";
import { relayUrlOf } from "../relays/url.ts";
import type { Variable } from "./env-file.ts";

export type Read = (variable: Variable) => unknown;

export function garbage({ name, place }: Variable, expected: string): FedaiError {
  return new FedaiError("import-invalid", 400, `${place}: ${name}: expected ${expected}`, {
    hint: "The reference node reads this as something else without a word. Correct it, or take the line out.",
  });
}

export const asText: Read = ({ value }) => value;

export const asBoolean: Read = (variable) => {
  const lower = variable.value.toLowerCase();
  if (lower === "true" || lower === "false") return lower === "true";
  throw garbage(variable, "true or false");
};

export const asInteger: Read = (variable) => {
  const number = /^\d+$/.test(variable.value) ? Number(variable.value) : Number.NaN;
  if (Number.isSafeInteger(number)) return number;
  throw garbage(variable, "a whole number");
};

export const asNumber: Read = (variable) => {
  if (/^\d+(\.\d+)?$/.test(variable.value)) return Number(variable.value);
  throw garbage(variable, "a number");
};

export const asMilliseconds: Read = (variable) => {
  const number = /^\d+(\.\d+)?$/.test(variable.value) ? Math.round(Number(variable.value)) : Number.NaN;
  if (Number.isSafeInteger(number)) return formatDuration(number);
  throw garbage(variable, "a number of milliseconds");
};

export const asUrl: Read = (variable) => {
  const url = URL.canParse(variable.value) ? new URL(variable.value) : undefined;
  if (url?.protocol === "http:" || url?.protocol === "https:") return variable.value;
  throw garbage(variable, "a URL that starts with http:// or https://");
};

export const asKey: Read = (variable) => {
  if (parsePublicKey(variable.value) !== undefined) return variable.value;
  throw garbage(variable, "a public key: npub1… or 64 hex digits");
};

export function partsOf({ value }: Variable): readonly string[] {
  return value
    .split(",")
    .map((part) => part.trim())
    .filter(Boolean);
}

/** @param item reads each entry */
export const asListOf =
  (item: Read): Read =>
  (variable) =>
    partsOf(variable).map((value) => item({ ...variable, value }));

export const asRelay: Read = (variable) => {
  const url = relayUrlOf(variable.value);
  if (url !== undefined) return url;
  throw garbage(variable, "relays' URLs");
};

export const asTrust: Read = (variable) => {
  const [, url = "", bonus] = /^(.+)=([+-]?\d+(?:\.\d+)?)$/.exec(variable.value) ?? [];
  const relay = relayUrlOf(url);
  if (relay !== undefined && bonus !== undefined) return `${relay}=${bonus}`;
  throw garbage(variable, "entries such as wss://relay=3");
};

export const asOneOf =
  (words: readonly string[]): Read =>
  (variable) => {
    if (words.includes(variable.value)) return variable.value;
    throw garbage(variable, `one of ${words.join(", ")}`);
  };
