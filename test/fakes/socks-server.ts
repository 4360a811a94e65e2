// A SOCKS5 proxy on loopback that remembers who asked for what, and connects where the test says that it is.
import { connect, createServer, type Socket } from "node:net";

export interface SocksAsked {
  /** As it came: a name stays a name. */
  readonly host: string;
  readonly port: number;
  /** "ipv4", "name" or "ipv6". */
  readonly kind: string;
  readonly user: string | undefined;
  readonly password: string | undefined;
}

export interface SocksServerOptions {
  /** Where "name:port" is on this machine; what is not in it is refused as an unreachable host. */
  readonly places: Readonly<Record<string, number>>;
  /** Only these may use it. */
  readonly credentials?: { readonly user: string; readonly password: string };
  /** Answers this to whatever is asked. */
  readonly reply?: number;
  /** Sends this instead of SOCKS. */
  readonly says?: string;
  /** Takes connections and never answers. */
  readonly silent?: boolean;
}

export interface FakeSocksServer extends AsyncDisposable {
  readonly port: number;
  readonly asked: readonly SocksAsked[];
  /** Connections that came in. */
  readonly accepted: () => number;
}

const KINDS: Readonly<Record<number, string>> = { 1: "ipv4", 3: "name", 4: "ipv6" };

export async function fakeSocksServer(options: SocksServerOptions): Promise<FakeSocksServer> {
  const asked: SocksAsked[] = [];
  const sockets = new Set<Socket>();
  let accepted = 0;
  const server = createServer((socket) => {
    accepted++;
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
    if (options.says !== undefined) socket.write(options.says);
    else if (!options.silent) serve(socket, options, asked, sockets).catch(() => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (typeof address !== "object" || !address) throw new Error("no port");
  return {
    port: address.port,
    asked,
    accepted: () => accepted,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function serve(
  socket: Socket,
  { places, credentials, reply }: SocksServerOptions,
  asked: SocksAsked[],
  sockets: Set<Socket>,
): Promise<void> {
  const take = reader(socket);
  const [, count = 0] = await take(2);
  const offered = [...(await take(count))];
  const wanted = offered.includes(2) ? 2 : 0;
  if (!offered.includes(wanted) || (credentials && wanted !== 2)) return void socket.end(Uint8Array.from([5, 0xff]));
  socket.write(Uint8Array.from([5, wanted]));
  let user: string | undefined;
  let password: string | undefined;
  if (wanted === 2) {
    const [, userLength = 0] = await take(2);
    user = (await take(userLength)).toString();
    password = (await take((await take(1))[0] ?? 0)).toString();
    const good = !credentials || (credentials.user === user && credentials.password === password);
    socket.write(Uint8Array.from([1, good ? 0 : 1]));
    if (!good) return void socket.end();
  }
  const [, , , kind = 0] = await take(4);
  const bytes = await take(kind === 1 ? 4 : kind === 4 ? 16 : ((await take(1))[0] ?? 0));
  const host = kind === 3 ? bytes.toString("ascii") : kind === 1 ? bytes.join(".") : bytes.toString("hex");
  const port = (await take(2)).readUInt16BE();
  asked.push({ host, port, kind: KINDS[kind] ?? "", user, password });
  const place = places[`${host}:${port}`];
  const code = reply ?? (place === undefined ? 4 : 0);
  // Some proxies say where they are bound by a name.
  const answer = Buffer.concat([Uint8Array.from([5, code, 0, 3, 5]), Buffer.from("proxy"), Uint8Array.from([0, 0])]);
  if (code !== 0 || place === undefined) return void socket.end(answer);
  const upstream = connect(place, "127.0.0.1");
  sockets.add(upstream);
  upstream.on("error", () => socket.destroy());
  upstream.on("close", () => sockets.delete(upstream));
  socket.on("close", () => upstream.destroy());
  socket.write(answer);
  socket.pipe(upstream);
  upstream.pipe(socket);
}

function reader(socket: Socket): (count: number) => Promise<Buffer> {
  return async (count) => {
    for (;;) {
      const bytes: unknown = count === 0 ? Buffer.alloc(0) : socket.read(count);
      if (Buffer.isBuffer(bytes)) return bytes;
      await new Promise((resolve, reject) => {
        socket.once("readable", resolve);
        socket.once("close", reject);
      });
    }
  };
}
