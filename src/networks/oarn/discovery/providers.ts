// Which RPC endpoints of strangers are used: public ones over https, so that nobody points the node at its own network.
import { isPublicAddress } from "../../../lib/public-address.ts";

/** Where tests and developers have everything on their own machine. */
const LOCAL_CHAINS: readonly number[] = [31_337];
const LONGEST = 300;

export function usableRpc(text: string, chainId: number): boolean {
  const url = text.length <= LONGEST && URL.canParse(text) ? new URL(text) : undefined;
  if (!url || url.username || url.password) return false;
  if (LOCAL_CHAINS.includes(chainId)) return url.protocol === "http:" || url.protocol === "https:";
  return url.protocol === "https:" && isPublicHost(url.hostname);
}

/** A name may still lead anywhere: what is sent there is what any RPC is sent, and what it says is checked. */
function isPublicHost(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, "");
  // As the URL class writes them.
  if (host.startsWith("[") || /^[\d.]+$/.test(host)) return isPublicAddress(bare);
  return /\.[a-z][a-z0-9-]*$/i.test(host) && !/\.(local|localhost|internal|lan|home|arpa)$/i.test(host);
}
