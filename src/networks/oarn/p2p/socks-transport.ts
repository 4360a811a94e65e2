// libp2p's TCP through a SOCKS5 proxy: it dials and never listens, and names, those of onion services too, go to the proxy.
import { randomBytes } from "node:crypto";
import { type AbortOptions, type ComponentLogger, type Transport, transportSymbol } from "@libp2p/interface";
import { AbstractMultiaddrConnection, type AbstractMultiaddrConnectionInit, type SendResult } from "@libp2p/utils";
import type { Multiaddr } from "@multiformats/multiaddr";
import type { Uint8ArrayList } from "uint8arraylist";
import { connectThrough, type ProxiedSocket, type SocksProxy, type SocksTarget } from "../../../lib/socks.ts";
import { P2pError } from "./errors.ts";
import { IDLE_MS } from "./wire.ts";

const HOSTS: readonly string[] = ["ip4", "ip6", "dns", "dns4", "dns6"];

/** Each peer is dialled with credentials of its own, made up here, so that Tor takes another path for it. */
export function socksTransport(proxy: SocksProxy): (components: { readonly logger: ComponentLogger }) => Transport {
  const user = randomBytes(16).toString("hex");
  return ({ logger }) => {
    const log = logger.forComponent("fxn:socks");
    return {
      [transportSymbol]: true,
      [Symbol.toStringTag]: "fxn/socks",
      dialFilter: (addresses) => addresses.filter((address) => socksTarget(address) !== undefined),
      listenFilter: () => [],
      createListener: () => {
        throw new P2pError(
          "p2p_not_started",
          "nothing listens behind a proxy",
          "Report it: it was not to be asked for.",
        );
      },
      async dial(address, { upgrader, signal, ...options }) {
        const target = socksTarget(address);
        if (!target) throw new P2pError("p2p_not_started", "an address that is not TCP", "Report it.");
        const credentials = { user, password: `${target.host}:${target.port}`.slice(0, 255) };
        const socket = await connectThrough({ credentials, ...proxy }, target, signal);
        const connection = new SocksConnection({ socket, remoteAddr: address, direction: "outbound", log });
        try {
          return await upgrader.upgradeOutbound(connection, { ...options, signal });
        } catch (error) {
          connection.abort(error instanceof Error ? error : new Error("not upgraded"));
          throw error;
        }
      },
    };
  };
}

/** Where the proxy is to connect; undefined for what is not TCP. */
export function socksTarget(address: Multiaddr): SocksTarget | undefined {
  const [first, second, third, ...rest] = address.getComponents();
  if (first?.name === "onion3" && (second === undefined || second.name === "p2p")) {
    const [name, port] = (first.value ?? "").split(":");
    return { host: `${name}.onion`, port: Number(port) };
  }
  if (!first?.value || !HOSTS.includes(first.name) || second?.name !== "tcp") return undefined;
  if (rest.length > 0 || (third !== undefined && third.name !== "p2p")) return undefined;
  return { host: first.value, port: Number(second.value) };
}

class SocksConnection extends AbstractMultiaddrConnection {
  readonly #socket: ProxiedSocket;

  constructor({ socket, ...init }: AbstractMultiaddrConnectionInit & { readonly socket: ProxiedSocket }) {
    super(init);
    this.#socket = socket;
    socket.setTimeout(IDLE_MS, () => this.abort(new Error("idle")));
    socket.on("data", (data: Buffer) => this.onData(data));
    socket.on("drain", () => this.safeDispatchEvent("drain"));
    socket.on("error", (error) => this.abort(error));
    socket.once("end", () => this.onTransportClosed());
    socket.once("close", () => this.onTransportClosed());
  }

  override sendData(data: Uint8ArrayList): SendResult {
    let [sentBytes, canSendMore] = [0, true];
    for (const part of data) {
      sentBytes += part.byteLength;
      canSendMore = this.#socket.write(part);
      if (!canSendMore) break;
    }
    return { sentBytes, canSendMore };
  }

  override async sendClose(_options?: AbortOptions): Promise<void> {
    this.#socket.end();
  }

  override sendReset(): void {
    this.#socket.destroy();
  }

  override sendPause(): void {
    this.#socket.pause();
  }

  override sendResume(): void {
    this.#socket.resume();
  }
}
