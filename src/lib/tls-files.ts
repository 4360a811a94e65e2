// A certificate, its key and the authorities of callers, read from PEM files and examined before anybody is shown them.
import { createPrivateKey, X509Certificate } from "node:crypto";
import { resolve } from "node:path";
import { createSecureContext } from "node:tls";
import { FxnError, messageOf } from "../core/errors.ts";
import type { TlsTexts } from "../core/network.ts";
import { readPrivate } from "./private-file.ts";
import { readSmallFile } from "./small-file.ts";

/** As they are configured; relative ones lie in the home. */
export interface TlsPaths {
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
  readonly clientCaFile?: string | undefined;
}

/** PEM texts. */
export type { TlsTexts };

export interface TlsProblem {
  readonly setting: keyof TlsPaths;
  readonly message: string;
  /** Nobody takes it any more, even where it is in use already. */
  readonly expired?: boolean;
}

export class TlsFilesError extends FxnError<"tls_files_invalid"> {
  readonly problems: readonly TlsProblem[];

  /** @param section "node.tls" */
  constructor(section: string, problems: readonly TlsProblem[]) {
    const lines = problems.map(({ setting, message }) => `${section}.${setting}: ${message}`);
    super("tls_files_invalid", 500, lines.join("\n"), { hint: "`fxn config check` looks at the files again." });
    this.problems = problems;
  }
}

/** undefined: no file is named, it is plain HTTP. Throws TlsFilesError with all that is wrong. */
export function readTlsFiles(section: string, paths: TlsPaths, home: string, now: number): TlsTexts | undefined {
  const problems: TlsProblem[] = [];
  const refuse: Refuse = (setting, message, expired = false) => void problems.push({ setting, message, expired });
  const { certFile, keyFile, clientCaFile } = paths;
  if (certFile === undefined && keyFile === undefined && clientCaFile === undefined) return undefined;
  const missing = "missing: certFile and keyFile belong together, half of it would be served as plain HTTP";
  if (certFile === undefined) refuse("certFile", missing);
  if (keyFile === undefined) refuse("keyFile", missing);
  const cert = textOf("certFile", certFile, home, refuse);
  const key = textOf("keyFile", keyFile, home, refuse);
  const clientCa = textOf("clientCaFile", clientCaFile, home, refuse);
  const certificate = cert && certificatesOf("certFile", cert, refuse)[0];
  const privateKey = key && keyOf(key, refuse);
  if (certificate) refuseTime("certFile", certificate, now, refuse);
  const authorities = clientCa ? certificatesOf("clientCaFile", clientCa, refuse) : [];
  // One that has ended beside its successor keeps nobody from being served.
  if (!authorities.some((one) => isInTime(one, now)))
    for (const authority of authorities) refuseTime("clientCaFile", authority, now, refuse);
  if (certificate && privateKey && !certificate.checkPrivateKey(privateKey)) {
    refuse("keyFile", "it is not the key of the certificate in certFile: name the two files that were made together");
  }
  if (problems.length === 0 && cert && key) {
    const texts = { cert: cert.text, key: key.text, clientCa: clientCa?.text };
    refuseUnusable(texts, refuse);
    if (problems.length === 0) return texts;
  }
  throw new TlsFilesError(section, problems);
}

/** When callers will refuse it, milliseconds of the wall clock. */
export function expiryOf({ cert }: TlsTexts): number {
  return Date.parse(new X509Certificate(cert).validTo);
}

/** "it expired on 2026-05-31: renew it", of each authority of callers that is over or not yet valid; readTlsFiles has seen that others are. */
export function uselessAuthorities({ clientCa }: TlsTexts, now: number): readonly string[] {
  const found: string[] = [];
  for (const pem of clientCa?.match(CERTIFICATE) ?? []) {
    refuseTime("clientCaFile", new X509Certificate(pem), now, (_, message) => void found.push(message));
  }
  return found;
}

/** SHA-256, as a peer's is told. */
export function fingerprintOf({ cert }: TlsTexts): string {
  return new X509Certificate(cert).fingerprint256;
}

/** A chain has some KB, and all authorities of the world 300. */
const MOST_BYTES = 4_000_000;

type Refuse = (setting: keyof TlsPaths, message: string, expired?: boolean) => void;

interface PemFile {
  readonly path: string;
  readonly text: string;
}

function textOf(setting: keyof TlsPaths, file: string | undefined, home: string, refuse: Refuse): PemFile | undefined {
  if (file === undefined) return undefined;
  const path = resolve(home, file);
  try {
    if (setting === "keyFile") return { path, text: readPrivate(path, { fromRootsGroup: true }) };
    return { path, text: readSmallFile(path, { mostBytes: MOST_BYTES }).toString("utf8") };
  } catch (error) {
    if (error instanceof FxnError) refuse(setting, `${error.message} (${error.hint})`);
    else refuse(setting, `${path} cannot be read (${codeOf(error)}): check the path, and that this user may read it`);
    return undefined;
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : messageOf(error);
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;
const KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----/;

function certificatesOf(setting: keyof TlsPaths, { path, text }: PemFile, refuse: Refuse): X509Certificate[] {
  const found = text.match(CERTIFICATE) ?? [];
  if (found.length === 0) {
    const swapped = KEY.test(text) ? "a private key: were certFile and keyFile swapped?" : "no certificate in PEM form";
    refuse(setting, `${path} holds ${swapped}`);
    return [];
  }
  if (KEY.test(text)) {
    refuse(setting, `${path} holds a private key beside the certificate: keep the key in keyFile alone`);
    return [];
  }
  try {
    return found.map((pem) => new X509Certificate(pem));
  } catch (error) {
    refuse(setting, `${path} holds a certificate that cannot be read: ${messageOf(error)}`);
    return [];
  }
}

function keyOf({ path, text }: PemFile, refuse: Refuse) {
  if (!KEY.test(text)) {
    const swapped = text.match(CERTIFICATE)
      ? "a certificate: were certFile and keyFile swapped?"
      : "no key in PEM form";
    refuse("keyFile", `${path} holds ${swapped}`);
    return undefined;
  }
  if (/ENCRYPTED/.test(text)) {
    refuse(
      "keyFile",
      `${path} is encrypted with a password: write it without one (openssl pkey -in … -out …), mode 0600`,
    );
    return undefined;
  }
  try {
    return createPrivateKey(text);
  } catch {
    // Why is not said: the library's words may hold parts of the key.
    refuse("keyFile", `${path} holds a key that cannot be read`);
    return undefined;
  }
}

function refuseTime(setting: keyof TlsPaths, certificate: X509Certificate, now: number, refuse: Refuse): void {
  const { validFrom, validTo } = certificate;
  if (Date.parse(validTo) <= now) refuse(setting, `it expired on ${day(validTo)}: renew it`, true);
  if (Date.parse(validFrom) > now)
    refuse(setting, `it is valid from ${day(validFrom)} on: is this machine's clock right?`);
}

function isInTime({ validFrom, validTo }: X509Certificate, now: number): boolean {
  return Date.parse(validFrom) <= now && now < Date.parse(validTo);
}

function day(text: string): string {
  return new Date(text).toISOString().slice(0, 10);
}

/** What the TLS library itself has against it. */
function refuseUnusable({ cert, key, clientCa }: TlsTexts, refuse: Refuse): void {
  try {
    createSecureContext({ cert, key, ...(clientCa !== undefined && { ca: clientCa }) });
  } catch {
    refuse("certFile", "the TLS library refuses this certificate with this key");
  }
}
