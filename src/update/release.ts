// A release as its maker signed it: a version, and for each target an archive with its hash.
import { type MinisignKey, verifyMinisign } from "../lib/minisign.ts";
import { UpdateError } from "./errors.ts";
import type { ReleaseFiles } from "./source.ts";
import { isVersion } from "./versions.ts";

export interface Release {
  readonly version: string;
  readonly archives: readonly ReleaseArchive[];
}

export interface ReleaseArchive {
  readonly target: string;
  readonly name: string;
  /** Hex, in small letters. */
  readonly sha256: string;
}

const SUMS = "SHA256SUMS";
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
  for (const line of text.split("\n").filter(Boolean)) {
    const [, sha256, name = ""] = /^([0-9a-f]{64}) [ *](\S+)$/.exec(line) ?? [];
    if (sha256 === undefined) throw malformed(`the line "${line.slice(0, 100)}" is none of sha256sum's`);
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
  return { version, archives };
}

/** The archive for that target, whole and right. Throws UpdateError. */
export async function fetchArchive(files: ReleaseFiles, release: Release, target: string) {
  const archive = release.archives.find((one) => one.target === target);
  if (!archive) {
    throw new UpdateError("release_without_target", 500, `fxn ${release.version} was not released for ${target}`);
  }
  const bytes = await files.get(archive.name, ARCHIVE_BYTES);
  const sha256 = new Bun.CryptoHasher("sha256").update(bytes).digest("hex");
  if (sha256 !== archive.sha256) {
    throw new UpdateError("archive_wrong", 502, `${archive.name} is not what its maker signed (SHA-256 ${sha256})`, {
      hint: "It arrived damaged, or somebody changed it. Nothing was replaced.",
    });
  }
  return { name: archive.name, bytes };
}

function malformed(why: string): UpdateError {
  return new UpdateError("release_malformed", 502, `${SUMS} is signed, but not understood: ${why}`, {
    hint: "It may be of a newer kind: install by hand.",
  });
}
