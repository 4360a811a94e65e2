// The way from the world to this node: where it listens, what its name resolves to, its port, its certificate, and who answers.
import { z } from "zod";
import { isLoopback } from "../../config/net-fields.ts";
import { type CheckAnswer, type CheckKind, fail, ok, skip, warn } from "../../core/check.ts";
import { messageOf } from "../../core/errors.ts";
import { hostOf, portOf } from "../../lib/http-head.ts";
import { isPublicAddress } from "../../lib/public-address.ts";
import type { TlsPeer } from "../../lib/tls-peer.ts";
import { CERTIFICATE } from "../../observe/alerts/limits.ts";
import { judgeDays, shownEnd } from "./certificate-days.ts";
import { VALID } from "./config.ts";
import { RUNNING } from "./running.ts";
import type { Surroundings } from "./surroundings.ts";
import { FILES, fingerprintOfFiles } from "./tls-files.ts";

const NAME = "dns.name";
const PORT = "port.reachable";
const TLS = "tls.certificate";
/** What must be known before anybody can say where the node is. */
const REGISTRATION = ["rpc.answers", "registry.gateways", "provider.registered", "provider.url"];
const NOWHERE = "no network knows a URL of this node yet";
/** A router's own page may be what answers from inside; then it answers, and is told apart by what it says. */
const ELSEWHERE = "To see what the world sees, ask from another machine: curl";
const FROM_HERE_MS = 5000;
const HEALTH = { timeoutMs: 5000, maxBytes: 64 * 1024 };
const health = z.object({ status: z.literal("ok") });

export const PUBLIC_URL_CHECKS: readonly CheckKind<Surroundings>[] = [
  {
    id: NAME,
    title: "The node's name leads to it",
    looksAt:
      "The host of the registered URL: whether it resolves, and to public addresses; and whether node.publicIp is among them.",
    mend: "Correct the DNS record, or the url of the registration: fxn provider update. In a network of your own, list the host in challenges.reachableHosts.",
    after: [VALID, ...REGISTRATION],
    run: name,
  },
  {
    id: "listen.address",
    title: "The node listens where it is called",
    looksAt:
      "Whether a node that listens on loopback only has something in front that takes the calls to the registered URL.",
    mend: "Set node.listenAddress to 0.0.0.0, or put a reverse proxy with TLS in front of the node.",
    after: [VALID, RUNNING, NAME],
    run: listening,
  },
  {
    id: PORT,
    title: "The port takes connections",
    looksAt: "A connection to the host and port of the registered URL, from this machine.",
    mend: "Open the port in the firewall and forward it in the router, then ask from another machine: curl URL/health. Many routers let nobody in from inside: then only the view from outside counts.",
    after: [VALID, NAME],
    run: port,
  },
  {
    id: TLS,
    title: "Callers trust the certificate that they are shown",
    looksAt: `The certificate that is shown at an https URL: whether it is trusted and for that name; and where it is another one than that of node.tls (a proxy's), for ${CERTIFICATE.days} days more. Plain http is yellow: prompts travel in the clear.`,
    mend: "Give it its whole chain, or correct the name in the registered URL: fxn provider update. Does it end? Renew it where it is shown, which is the proxy in front unless the node serves TLS itself.",
    // The days of the node's own, and that it has expired, are told there.
    after: [VALID, NAME, PORT, FILES],
    run: certificate,
  },
  {
    id: "public.health",
    title: "A node answers at its URL",
    looksAt: "GET /health at the registered URL: whether such a node answers, and not something else.",
    mend: "Let the reverse proxy pass requests to node.listenPort, paths unchanged and without buffering.",
    after: [VALID, RUNNING, NAME, PORT, TLS],
    run: answering,
  },
];

async function name({ publicUrl, resolve, config }: Surroundings): Promise<CheckAnswer> {
  const url = await publicUrl();
  if (!url) return skip(NOWHERE);
  const host = hostOf(url);
  const addresses = await resolve(host).catch((): readonly string[] => []);
  if (addresses.length === 0)
    return fail(`${host} does not resolve`, "Correct its DNS record, or the registered url: fxn provider update");
  const { challenges, node } = (await config()).config;
  const own = [url.hostname, `${url.hostname}:${portOf(url)}`].some((one) => challenges.reachableHosts.includes(one));
  const hidden = addresses.filter((address) => !isPublicAddress(address));
  if (hidden.length > 0 && !own) {
    return fail(
      `${host} is ${hidden.join(", ")}: no public address`,
      "Register a URL that the world can reach: fxn provider update",
    );
  }
  if (node.publicIp !== undefined && !addresses.includes(node.publicIp) && !own) {
    const hint =
      "Right behind a proxy or tunnel on another machine; otherwise correct the DNS record or node.publicIp.";
    return warn(`${host} is ${addresses.join(", ")}, and node.publicIp is ${node.publicIp}`, hint);
  }
  return ok(`${host} is ${addresses.join(", ")}`);
}

async function listening(look: Surroundings, signal: AbortSignal): Promise<CheckAnswer> {
  const [url, running] = [await look.publicUrl(), await look.status()];
  if (!url || !running) return skip(NOWHERE);
  const listen = new URL(`http://${running.listen}`);
  if (!isLoopback(hostOf(listen))) return ok(running.listen);
  if (portOf(listen) !== portOf(url)) return ok(`${running.listen}, behind what takes calls to ${url.host}`);
  if (await takesConnections(look, url, signal))
    return ok(`${running.listen}, and something in front takes calls to ${url.host}`);
  const hint = "Set node.listenAddress to 0.0.0.0 in config.yaml, or put a reverse proxy in front.";
  return fail(`the node listens on ${running.listen} only, and nobody takes calls to ${url.host}`, hint);
}

async function port(look: Surroundings, signal: AbortSignal): Promise<CheckAnswer> {
  const url = await look.publicUrl();
  if (!url) return skip(NOWHERE);
  try {
    await look.dial(hostOf(url), portOf(url), soon(signal));
    return ok(url.host);
  } catch (error) {
    const message = `${url.host} takes no connection: ${messageOf(error)}`;
    if (await isThisMachine(look, hostOf(url))) {
      return fail(
        message,
        "That address is this machine's own: let the node (node.listenAddress and listenPort) or its proxy listen there.",
      );
    }
    // Routers often do not let a machine call its own public address.
    return warn(`${message}, from here`, `Ask from another machine: curl ${url.origin}/health`);
  }
}

async function isThisMachine({ resolve, ownAddresses }: Surroundings, host: string): Promise<boolean> {
  const addresses = await resolve(host).catch((): readonly string[] => []);
  return addresses.some((address) => isLoopback(address) || ownAddresses().includes(address));
}

async function certificate(look: Surroundings, signal: AbortSignal): Promise<CheckAnswer> {
  const { tlsPeer, clock } = look;
  const url = await look.publicUrl();
  if (!url) return skip(NOWHERE);
  if (url.protocol === "http:") {
    return warn("plain http: prompts and answers travel in the clear", "Put TLS in front, and register an https URL.");
  }
  const takes = takesConnections(look, url, signal);
  const peer = await tlsPeer(hostOf(url), portOf(url), soon(signal)).catch(messageOf);
  if (typeof peer !== "string") return judgePeer(peer, clock.now(), await fingerprintOfFiles(look));
  if (!(await takes)) return unseen(peer);
  const hint = `Set node.tls, or let the reverse proxy serve TLS there; or register an http URL. ${ELSEWHERE} ${url.origin}/health`;
  return fail(`${url.host} takes connections, but no TLS handshake comes about: ${peer}`, hint);
}

/** Begun beside the question itself: both together take no longer than one. */
function takesConnections({ dial }: Surroundings, url: URL, signal: AbortSignal): Promise<boolean> {
  return dial(hostOf(url), portOf(url), soon(signal)).then(
    () => true,
    () => false,
  );
}

/** Only where no connection comes about: many routers let nobody in from inside, and that says nothing of the world. */
function unseen(why: string): CheckAnswer {
  return skip(`not to be seen from here: ${why}`);
}

/** A router that lets nobody in from inside is often silent. */
function soon(signal: AbortSignal): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(FROM_HERE_MS)]);
}

/** @param own fingerprint of the certificate in node.tls, whose days are told by another check */
export function judgePeer({ fault, validTo, fingerprint }: TlsPeer, now: number, own?: string): CheckAnswer {
  const hint = "Renew the certificate, with its whole chain; or correct the name in the registered URL.";
  if (fault !== undefined) return fail(fault, hint);
  if (validTo === undefined) return ok("it is trusted");
  if (fingerprint !== undefined && fingerprint === own) return ok(`${shownEnd(validTo)}: that of node.tls`);
  const behind =
    own === undefined ? "" : " It is not that of node.tls: a proxy shows it, or the node has not taken the new files.";
  return judgeDays(validTo, now, `Renew it where it is shown, with its whole chain.${behind}`);
}

async function answering(look: Surroundings, signal: AbortSignal): Promise<CheckAnswer> {
  const url = await look.publicUrl();
  if (!url) return skip(NOWHERE);
  const at = `${url.href.replace(/\/+$/, "")}/health`;
  const takes = takesConnections(look, url, signal);
  const reply = await look.fetch(at, { ...HEALTH, signal, redirects: "answer" }).catch(messageOf);
  if (typeof reply === "string") {
    if (!(await takes)) return unseen(reply);
    const hint = `See that what listens there passes requests to node.listenPort. ${ELSEWHERE} ${at}`;
    return fail(`a connection is taken, but nothing answers: ${reply}`, hint);
  }
  const hint = "Let the reverse proxy pass requests to node.listenPort, paths unchanged.";
  if (reply.status !== 200) return fail(`${url.host} answers ${reply.status}`, hint);
  if (!isHealth(new TextDecoder().decode(reply.body))) return fail(`something else answers at ${url.host}`, hint);
  return ok(url.host);
}

function isHealth(text: string): boolean {
  try {
    return health.safeParse(JSON.parse(text)).success;
  } catch {
    return false;
  }
}
