// Makes a text fit to be shown to strangers: what is secret, who called, and whose machine it is are taken out of it.
import { createHash } from "node:crypto";
import { isIP } from "node:net";
import { isLocalNetworkAddress } from "./public-address.ts";

export interface Redaction {
  /** Values that must not be seen in any form, whatever stands around them. */
  readonly secrets: readonly string[];
  /** What stands for folders, the most special first: ["/home/kim/.fxn", "<home>"]. */
  readonly folders: readonly (readonly [path: string, name: string])[];
  /** Who runs this; undefined: nobody in particular. */
  readonly user: string | undefined;
  /** Addresses that are public anyway: the node's own, contracts. */
  readonly known: readonly string[];
  /** So that nobody can find out who is meant by trying: new for each report. */
  readonly salt: string;
}

export const MASK = "***";
/** Shorter ones stand in any text by chance; a secret that can be guessed protects nothing. */
const SHORTEST = 5;

const PEM = /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g;
const NSEC = /\b(?:nsec|ncryptsec)1[02-9ac-hj-np-z]{20,}/gi;
/** A name that says what its value is, and the value: in JSON too, and in JSON within JSON, as logs write what others said. */
const NAMED =
  /((?:api[-_]?key|access[-_]?key|token|secret|pass(?:word|wd|phrase)?|authorization|cookie|credential|private[-_]?key|mnemonic|x-signature|signature)s?\\*["']?\s*[:=]\s*)((\\*["']).*?(?<!\\)\3|(?:\\*["'])?(?:Bearer |Basic )?[^\s,;}\]"']+)/gi;
const BEARER = /\b(Bearer|Basic) +[A-Za-z0-9._~+/=-]{6,}/g;
const URL_TEXT = /\b([a-z][a-z0-9+.-]{1,15}:\/\/)([^\s"'<>|\\^`{}]+)/gi;
const HEX64 = /\b(?:0x)?[0-9a-f]{64}\b/gi;
const ADDRESS = /\b0x[0-9a-f]{40}\b/gi;
const NPUB = /\b(?:npub|nprofile)1[02-9ac-hj-np-z]{20,}/gi;
const PEER_ID = /\b(?:12D3Koo\w{40,}|16Uiu2HA\w{40,}|Qm[1-9A-HJ-NP-Za-km-z]{44})\b/g;
const IPV4 = /(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])/g;
const IPV6 = /(?<![0-9a-f:.])(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?![0-9a-f:])/gi;

/** The same text for the same alias within a report, so that one can see who is the same. */
export function redactor({ secrets, folders, user, known, salt }: Redaction): (text: string) => string {
  const forms = [...new Set(secrets.flatMap(formsOf))].sort((a, b) => b.length - a.length);
  const kept = new Set(known.map((address) => address.toLowerCase()));
  const alias = (kind: string) => (text: string) =>
    kept.has(text.toLowerCase())
      ? text
      : `<${kind} ${createHash("sha256").update(salt).update(text.toLowerCase().replace(/^0x/, "")).digest("hex").slice(0, 8)}>`;
  return (text) => {
    let clean = text;
    for (const form of forms) clean = clean.replaceAll(form, MASK);
    clean = clean
      .replace(PEM, MASK)
      .replace(NSEC, MASK)
      .replace(NAMED, (whole, name: string, value: string) =>
        isCount(name, value) ? whole : `${name}${quoted(value)}`,
      )
      .replace(BEARER, `$1 ${MASK}`)
      .replace(URL_TEXT, (_, scheme: string, rest: string) => `${scheme}${hostOf(rest)}`)
      .replace(HEX64, alias("hash"))
      .replace(ADDRESS, alias("address"))
      .replace(NPUB, alias("npub"))
      .replace(PEER_ID, alias("peer"));
    for (const [path, name] of folders) if (path.length > 1) clean = clean.replaceAll(path, name);
    if (user !== undefined && user.length > 2) clean = clean.replaceAll(word(user), "<user>");
    return clean.replace(IPV4, shortened).replace(IPV6, shortened);
  };
}

/** As others may have written it down: as it is, in JSON, in a URL, in hex and in base64 at any place of a longer text. */
function formsOf(secret: string): string[] {
  if (secret.length < SHORTEST) return [];
  const bytes = Buffer.from(secret);
  const hex = /^(?:0x)?((?:[0-9a-f]{2}){16,})$/i.exec(secret)?.[1];
  const inner = hex === undefined ? [] : [Buffer.from(hex, "hex")];
  const encoded = [bytes, ...inner].flatMap((form) => [
    form.toString("hex"),
    form.toString("hex").toUpperCase(),
    ...base64Forms(form),
  ]);
  const written = [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret.toWellFormed())];
  const cased = hex === undefined ? [] : [hex.toLowerCase(), hex.toUpperCase()];
  return [...written, escaped(secret), ...cased, ...encoded].filter((form) => form.length >= SHORTEST);
}

/** The characters that depend on these bytes alone, wherever they begin within a group of three. */
function base64Forms(bytes: Buffer): string[] {
  return [0, 1, 2].flatMap((before) => {
    const all = Buffer.concat([Buffer.alloc(before), bytes])
      .toString("base64")
      .replace(/=+$/, "");
    const from = Math.ceil((before * 8) / 6);
    const whole = all.slice(from, Math.floor(((before + bytes.length) * 8) / 6));
    const own = before === 0 ? [all] : [];
    return [...own, whole].flatMap((form) => [form, form.replaceAll("+", "-").replaceAll("/", "_")]);
  });
}

/** As query strings are written. */
function escaped(secret: string): string {
  return new URLSearchParams([["", secret]]).toString().slice(1);
}

/** "tokens: 17" is no secret. */
function isCount(name: string, value: string): boolean {
  return /token/i.test(name) && /^(?:\d+(?:\.\d+)?|null)$/.test(value);
}

/** One that was cut has no second quote. */
function quoted(value: string): string {
  const quote = /^\\*["']/.exec(value)?.[0] ?? "";
  const end = value.length >= 2 * quote.length && value.endsWith(quote) ? quote : "";
  return `${quote}${MASK}${end}`;
}

/** Of what follows "://": the host and port; user, path and query may be a key. */
function hostOf(rest: string): string {
  const [, host = "", after = ""] = /^(?:[^/?#]*@)?([^/?#]*)(.*)$/.exec(rest) ?? [];
  return after === "" || after === "/" ? host : `${host}/${MASK}`;
}

function word(text: string): RegExp {
  return new RegExp(`(?<![\\w-])${text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")}(?![\\w-])`, "g");
}

/** The half that says whose network it is; addresses of this machine and its own network stay. */
function shortened(text: string): string {
  const family = isIP(text);
  if (family === 0 || isLocalNetworkAddress(text) || /^(?:127\.|0\.0\.0\.0$|::1?$)/.test(text)) return text;
  if (family === 4) return `${text.split(".").slice(0, 2).join(".")}.*.*`;
  return `${text.split(":").slice(0, 2).join(":")}:*`;
}
