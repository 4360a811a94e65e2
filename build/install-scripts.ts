// The install scripts as a release holds them: with its URL and its public key filled in.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ReleaseSource } from "./release-source.ts";

interface InstallScript {
  readonly name: string;
  /** The lines that are replaced; as they are, the script asks for what they lack. */
  readonly blanks: { readonly url: string; readonly publicKey: string };
}

export const INSTALL_SCRIPTS: readonly InstallScript[] = [
  { name: "install.sh", blanks: { url: "RELEASE_URL=''", publicKey: "PUBLIC_KEY=''" } },
  { name: "install.ps1", blanks: { url: "$ReleaseUrl = ''", publicKey: "$ReleaseKey = ''" } },
];

/** Throws an Error. */
export function installScript({ name, blanks }: InstallScript, source: ReleaseSource): string {
  const text = readFileSync(join(import.meta.dir, "install", name), "utf8");
  return fill(fill(text, blanks.url, source.url), blanks.publicKey, source.publicKey);
}

/** In single quotes nothing but their end means anything, and PowerShell takes quotes beyond ASCII for it too. */
function fill(text: string, blank: string, value: string): string {
  if (!/^[!-&(-~]*$/.test(value)) throw new Error(`${value} cannot stand in a script`);
  const line = `\n${blank}\n`;
  const [before, after, ...more] = text.split(line);
  if (before === undefined || after === undefined || more.length > 0) throw new Error(`not one line is ${blank}`);
  return `${before}${line.replace("''", () => `'${value}'`)}${after}`;
}
