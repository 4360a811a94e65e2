// Who may connect and where we connect to: so many of one address, no one who is banned, nothing private that a stranger named.
import type { ConnectionGater, MultiaddrConnection, PeerId } from "@libp2p/interface";
import type { Multiaddr } from "@multiformats/multiaddr";
import type { Clock } from "../../../core/clock.ts";
import { isLocalNetworkAddress, isPublicAddress } from "../../../lib/public-address.ts";
import type { Conduct } from "./conduct.ts";

export interface GateLimits {
  readonly maxPeersPerIp: number;
  /** Addresses that the operator names: they may be anywhere. */
  readonly bootstrap: readonly string[];
  /** Whether names may be dialled: where a proxy resolves them. */
  readonly names: boolean;
}

/** Of one IP address, in a minute: who is banned cannot come back with key after key. */
const NEW_PER_MINUTE = 30;
const MAX_FOUND = 256;

export class Gate implements ConnectionGater {
  readonly #limits: GateLimits;
  readonly #conduct: Conduct;
  readonly #clock: Clock;
  readonly #named: ReadonlySet<string>;
  readonly #found = new Set<string>();
  readonly #open = new Map<string, number>();
  #recent = new Map<string, number>();
  #minute = 0;

  constructor(limits: GateLimits, conduct: Conduct, clock: Clock) {
    this.#limits = limits;
    this.#conduct = conduct;
    this.#clock = clock;
    this.#named = new Set(limits.bootstrap.map((address) => address.replace(/\/p2p\/.*/, "")));
  }

  /** Addresses that answered in the local network: private ones of it, never this machine's own. */
  found(addresses: readonly Multiaddr[]): void {
    for (const address of addresses) {
      if (this.#found.size >= MAX_FOUND) return;
      if (isLocalNetworkAddress(hostOf(address))) this.#found.add(placeOf(address));
    }
  }

  denyDialPeer(peer: PeerId): boolean {
    return this.#conduct.banned(peer.toString());
  }

  denyDialMultiaddr(address: Multiaddr): boolean {
    if (!isNumber(address)) return !this.#limits.names;
    const place = placeOf(address);
    return !this.#named.has(place) && !isPublicAddress(hostOf(address)) && !this.#found.has(place);
  }

  denyInboundConnection(connection: MultiaddrConnection): boolean {
    const host = hostOf(connection.remoteAddr);
    const open = this.#open.get(host) ?? 0;
    if (open >= this.#limits.maxPeersPerIp || !this.#mayCome(host)) return true;
    this.#open.set(host, open + 1);
    connection.addEventListener("close", () => this.#left(host), { once: true });
    return false;
  }

  denyInboundEncryptedConnection(peer: PeerId): boolean {
    return this.#conduct.banned(peer.toString());
  }

  #mayCome(host: string): boolean {
    const minute = Math.floor(this.#clock.monotonic() / 60_000);
    if (minute !== this.#minute) this.#recent = new Map();
    this.#minute = minute;
    const count = (this.#recent.get(host) ?? 0) + 1;
    this.#recent.set(host, count);
    return count <= NEW_PER_MINUTE;
  }

  #left(host: string): void {
    const open = (this.#open.get(host) ?? 1) - 1;
    if (open > 0) this.#open.set(host, open);
    else this.#open.delete(host);
  }
}

/** The address without the peer. */
function placeOf(address: Multiaddr): string {
  return address.toString().replace(/\/p2p\/.*/, "");
}

/** Whether it begins with an IP address; with a scope it does not. */
function isNumber(address: Multiaddr): boolean {
  const [first] = address.getComponents();
  return first?.name === "ip4" || first?.name === "ip6";
}

/** Address or name. */
function hostOf(address: Multiaddr): string {
  return address.getComponents()[0]?.value ?? "";
}
