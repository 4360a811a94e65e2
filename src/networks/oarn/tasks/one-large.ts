// IPFS for whoever only looks at tasks: small content at once, large content one after the other, so that memory holds it.
import { IpfsError } from "../../../ipfs/errors.ts";
import type { Ipfs, IpfsGet } from "../../../ipfs/ipfs.ts";
import { untilAborted } from "../../../lib/abort.ts";

/** Bytes. */
const SMALL = 32 * 1024 * 1024;
/** CIDs that are known to be large; the oldest make room. */
const MOST_KNOWN = 1000;

/** A task costs its requester little, and may name a model of any size: of several at once each would be in memory. */
export function oneLargeAtATime(ipfs: Ipfs): Pick<Ipfs, "get"> {
  const large = new Set<string>();
  let last: Promise<unknown> = Promise.resolve();

  function alone(cid: string, want: IpfsGet): Promise<Uint8Array> {
    const mine = last.then(() => ipfs.get(cid, want));
    last = mine.catch(() => undefined);
    return untilAborted(mine, want.signal);
  }

  return {
    async get(cid, want) {
      if (want.maxBytes <= SMALL) return ipfs.get(cid, want);
      if (large.has(cid)) return alone(cid, want);
      try {
        return await ipfs.get(cid, { ...want, maxBytes: SMALL });
      } catch (error) {
        if (!(error instanceof IpfsError) || error.code !== "content_too_large") throw error;
        const [oldest] = large;
        if (large.size >= MOST_KNOWN && oldest !== undefined) large.delete(oldest);
        large.add(cid);
        return alone(cid, want);
      }
    },
  };
}
