// Whether the files of node.tls can be used: the node would not begin with others, and a running one keeps what it has.
import { type CheckAnswer, type CheckKind, fail, skip, warn } from "../../core/check.ts";
import {
  expiryOf,
  fingerprintOf,
  readTlsFiles,
  TlsFilesError,
  type TlsTexts,
  uselessAuthorities,
} from "../../lib/tls-files.ts";
import { CERTIFICATE } from "../../observe/alerts/limits.ts";
import { judgeDays } from "./certificate-days.ts";
import { VALID } from "./config.ts";
import type { Surroundings } from "./surroundings.ts";

/** What the node itself serves is judged here; what callers are shown, another check looks at. */
export const FILES = "tls.files";
const HINT = "Put the right files there; a running node takes them within seconds.";
const RENEW =
  "Have it renewed by whatever made it (certbot, acme.sh, …); a running node takes the new files within seconds.";

export const TLS_FILES_CHECKS: readonly CheckKind<Surroundings>[] = [
  {
    id: FILES,
    title: "The certificate's files can be used",
    looksAt: `certFile, keyFile and clientCaFile of node.tls, as a start would read them: whether the node can serve with them, and for ${CERTIFICATE.days} days more. It asks nobody. An authority that has expired beside others is yellow.`,
    mend: "Have the certificate renewed by whatever made it, and see that the node may read certificate and key, and that they belong together.",
    after: [VALID],
    run: files,
  },
];

async function files({ home, config, status, clock }: Surroundings): Promise<CheckAnswer> {
  const { tls } = (await config()).config.node;
  try {
    const texts = readTlsFiles("node.tls", tls, home, clock.now());
    return texts ? judge(texts, clock.now()) : skip("the node serves plain http");
  } catch (error) {
    if (!(error instanceof TlsFilesError)) throw error;
    const message = error.message.replaceAll("\n", "; ");
    const running = await status().catch(() => undefined);
    const isOver = error.problems.some(({ expired }) => expired === true);
    return running && !isOver ? warn(`${message}; the node goes on with what it had`, HINT) : fail(message, HINT);
  }
}

function judge(texts: TlsTexts, now: number): CheckAnswer {
  const served = judgeDays(expiryOf(texts), now, RENEW);
  const useless = uselessAuthorities(texts, now);
  if (served.state !== "ok" || useless.length === 0) return served;
  const hint = "Take it out of the file, or put its successor there; callers with its certificates are refused.";
  return warn(`of an authority in node.tls.clientCaFile: ${[...new Set(useless)].join("; ")}`, hint);
}

/** Of the certificate in the files; undefined: there is none, or none that can be used. */
export async function fingerprintOfFiles({ home, config, clock }: Surroundings): Promise<string | undefined> {
  try {
    const texts = readTlsFiles("node.tls", (await config()).config.node.tls, home, clock.now());
    return texts && fingerprintOf(texts);
  } catch (error) {
    if (error instanceof TlsFilesError) return undefined;
    throw error;
  }
}
