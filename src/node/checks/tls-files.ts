// Whether the files of node.tls can be used: the node would not begin with others, and a running one keeps what it has.
import { type CheckAnswer, type CheckKind, fail, ok, skip, warn } from "../../core/check.ts";
import { expiryOf, readTlsFiles, TlsFilesError, type TlsTexts, uselessAuthorities } from "../../lib/tls-files.ts";
import { CERTIFICATE } from "../../observe/alerts/limits.ts";
import { VALID } from "./config.ts";
import type { Surroundings } from "./surroundings.ts";

const HINT = "Put the right files there; a running node takes them within seconds.";
const DAY_MS = 86_400_000;

export const TLS_FILES_CHECKS: readonly CheckKind<Surroundings>[] = [
  {
    id: "tls.files",
    title: "The certificate's files can be used",
    looksAt: `certFile, keyFile and clientCaFile of node.tls, as a start would read them, and whether the certificate is good for ${CERTIFICATE.days} days more. An authority that has expired beside others is yellow.`,
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
  const expiry = expiryOf(texts);
  const days = Math.floor((expiry - now) / DAY_MS);
  const message = `valid until ${new Date(expiry).toISOString().slice(0, 10)}`;
  if (days < CERTIFICATE.days) return warn(`${message}, ${days} days from now`, HINT);
  const useless = uselessAuthorities(texts, now);
  if (useless.length === 0) return ok(message);
  const hint = "Take it out of the file, or put its successor there; callers with its certificates are refused.";
  return warn(`of an authority in node.tls.clientCaFile: ${[...new Set(useless)].join("; ")}`, hint);
}
