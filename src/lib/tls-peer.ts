// Who answers on a TLS port: whether its certificate is trusted for the host, and until when it is valid.
import { isIP } from "node:net";
import { connect } from "node:tls";
import { untilAborted } from "./abort.ts";

export interface TlsPeer {
  /** Why it is not trusted: "self-signed certificate", another name, expired; undefined when it is. */
  readonly fault: string | undefined;
  /** Wall clock, milliseconds; undefined when there is no certificate. */
  readonly validTo: number | undefined;
  /** SHA-256, as X509Certificate.fingerprint256 has it. */
  readonly fingerprint: string | undefined;
}

/** Rejects when nothing speaks TLS there. @param ca PEM of the only authorities to trust, instead of the system's */
export async function tlsPeer(host: string, port: number, signal: AbortSignal, ca?: string): Promise<TlsPeer> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const socket = connect({
    ...{ host, port, ca },
    // Server names are no addresses (RFC 6066); the certificate is then held against the address itself.
    servername: isIP(host) ? "" : host,
    // It is looked at, and nothing is sent.
    rejectUnauthorized: false,
  });
  socket.once("secureConnect", resolve);
  socket.once("error", reject);
  try {
    await untilAborted(promise, signal);
    const { valid_to, fingerprint256 } = socket.getPeerCertificate();
    const validTo = Date.parse(valid_to ?? "");
    const fault = socket.authorized ? undefined : faultOf(socket.authorizationError);
    return { fault, validTo: Number.isNaN(validTo) ? undefined : validTo, fingerprint: fingerprint256 };
  } finally {
    socket.destroy();
  }
}

function faultOf(error: unknown): string {
  if (error instanceof Error) return "code" in error && !error.message ? String(error.code) : error.message;
  return String(error ?? "it is not trusted");
}
