// Gateways that give each content a host of its own ("bafy….ipfs.dweb.link"; Kubo does it where it is called localhost).
import type { CID } from "multiformats/cid";
import { keyOf, parseCid } from "./cid.ts";

const MOVED = [301, 302, 303, 307, 308];

/**
 * Where the same question is to be asked instead: on the very gateway, under a host that names the same content.
 * undefined: it leads anywhere else, where nobody was told to ask.
 * @param asked with the query that is kept
 */
export function ownHost(asked: string, cid: CID, status: number, location: string | null): string | undefined {
  if (!MOVED.includes(status) || location === null || !URL.canParse(location, asked)) return undefined;
  const from = new URL(asked);
  const to = new URL(location, asked);
  const name = to.host.endsWith(`.ipfs.${from.host}`) ? to.host.slice(0, -`.ipfs.${from.host}`.length) : "";
  if (to.protocol !== from.protocol || to.username !== "" || !names(name, cid)) return undefined;
  from.host = to.host;
  from.pathname = "/";
  return from.href;
}

function names(text: string, cid: CID): boolean {
  try {
    return keyOf(parseCid(text)) === keyOf(cid);
  } catch {
    return false;
  }
}
