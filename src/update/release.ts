// A release as its maker signed it: a version, and for each target an archive with its hash.
import { type MinisignKey, verifyMinisign } from "../lib/minisign.ts";
import { UpdateError } from "./errors.ts";
import type { ReleaseFiles } from "./source.ts";
import { compareVersions, isVersion } from "./versions.ts";

export interface Release {
  readonly version: string;
  readonly archives: readonly ReleaseArchive[];
  /** SHA-256 of the list of versions that mend a hole; undefined: the release has none. */
  readonly fixes: string | undefined;
}

export interface ReleaseArchive {
  readonly target: string;
  readonly name: string;
  /** Hex, in small letters. */
  readonly sha256: string;
}

const SUMS = "SHA256SUMS";
/** One version a line, and what it mends. */
export const FIXES = "SECURITY-FIXES.txt";
const SUMS_BYTES = 64 * 1024;
const ARCHIVE_BYTES = 512 * 1024 * 1024;
/** fxn-<version>-<target>.tar.gz or .zip; a target's name begins with the system's. */
const ARCHIVE = /^fxn-(.+?)-((?:linux|darwin|windows)-[a-z0-9-]+)\.(?:tar\.gz|zip)$/;

/** @throws MinisignError when the maker did not sign it, UpdateError when it cannot be had or understood */
export async function readRelease(files: ReleaseFiles, key: MinisignKey): Promise<Release> {
  const [sums, signature] = await Promise.all([files.get(SUMS, SUMS_BYTES), files.get(`${SUMS}.minisig`, SUMS_BYTES)]);
  verifyMinisign(sums, new TextDecoder().decode(signature), key);
  return parseSums(new TextDecoder().decode(sums));
}

/** @param text as sha256sum writes it. Throws UpdateError. */
export function parseSums(text: string): Release {
  const archives: ReleaseArchive[] = [];
  const versions = new Set<string>();
  let fixes: string | undefined;
  for (const line of text.split("\n").filter(Boolean)) {
    const [, sha256, name = ""] = /^([0-9a-f]{64}) [ *](\S+)$/.exec(line) ?? [];
    if (sha256 === undefined) throw malformed(`the line "${line.slice(0, 100)}" is none of sha256sum's`);
    if (name === FIXES) fixes = sha256;
    const [, version = "", target = ""] = ARCHIVE.exec(name) ?? [];
    // Other files belong to a release too.
    if (version === "") continue;
    if (!isVersion(version)) throw malformed(`${version} is no version`);
    if (archives.some((other) => other.target === target)) throw malformed(`${target} stands there twice`);
    versions.add(version);
    archives.push({ target, name, sha256 });
  }
  const [version, second] = versions;
  if (version === undefined || second !== undefined)
    throw malformed(version === undefined ? "it names no archive of fxn" : "it has archives of several versions");
  return { version, archives, fixes };
}

/** Whether a version after `since`, up to that of the release, mends a hole: as its maker signed. Throws UpdateError. */
export async function mendsHole(files: ReleaseFiles, release: Release, since: string): Promise<boolean> {
  if (release.fixes === undefined) return false;
  const bytes = await files.get(FIXES, SUMS_BYTES);
  refuseOther(FIXES, bytes, release.fixes);
  return new TextDecoder()
    .decode(bytes)
    .split("\n")
    .map((line) => line.split(" ")[0] ?? "")
    .filter(isVersion)
    .some((version) => compareVersions(version, since) > 0 && compareVersions(version, release.version) <= 0);
}

/** The archive for that target, whole and right. Throws UpdateError. */
export async function fetchArchive(files: ReleaseFiles, release: Release, target: string) {
  const archive = release.archives.find((one) => one.target === target);
  if (!archive) {
    throw new UpdateError("release_without_target", 500, `fxn ${release.version} was not released for ${target}`);
  }
  const bytes = await files.get(archive.name, ARCHIVE_BYTES);
  refuseOther(archive.name, bytes, archive.sha256);
  return { name: archive.name, bytes };
}

function refuseOther(name: string, bytes: Uint8Array, signed: string): void {
  const sha256 = new Bun.CryptoHasher("sha256").update(bytes).digest("hex");
  if (sha256 === signed) return;
  throw new UpdateError("archive_wrong", 502, `${name} is not what its maker signed (SHA-256 ${sha256})`, {
    hint: "It arrived damaged, or somebody changed it. Nothing was replaced.",
  });
}

function malformed(why: string): UpdateError {
  return new UpdateError("release_malformed", 502, `${SUMS} is signed, but not understood: ${why}`, {
    hint: "It may be of a newer kind: install by hand.",
  });
}
