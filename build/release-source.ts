// Where releases lie and who signs them: told to the build, kept in the file and in the install scripts.
import { parseMinisignKey } from "../src/lib/minisign.ts";

export interface ReleaseSource {
  /** A folder's URL, without a slash at its end; it holds SHA256SUMS, its signature and the archives. Empty: not known. */
  readonly url: string;
  /** The second line of minisign's public key. Empty: not known. */
  readonly publicKey: string;
}

/** @param env FXN_RELEASE_URL and FXN_RELEASE_PUBLIC_KEY; a build without them knows no releases, and says so. Throws an Error. */
export function releaseSource(env: Readonly<Record<string, string | undefined>>): ReleaseSource {
  const url = (env.FXN_RELEASE_URL ?? "").replace(/\/+$/, "");
  const publicKey = (env.FXN_RELEASE_PUBLIC_KEY ?? "").trim().split(/\r?\n/).at(-1) ?? "";
  if (url && !/^https?:\/\/[^\s"'$`\\]+$/.test(url)) throw new Error("FXN_RELEASE_URL is not the URL of a folder");
  try {
    if (publicKey) parseMinisignKey(publicKey);
  } catch (cause) {
    throw new Error("FXN_RELEASE_PUBLIC_KEY is no public key of minisign", { cause });
  }
  return { url, publicKey };
}
