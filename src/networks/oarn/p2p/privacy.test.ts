// Behind a proxy every socket of the process goes to the proxy, names too; when it is down nothing goes anywhere.
import { afterEach, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { closeOarnPeers, oarnPeer } from "../../../../test/fakes/oarn-peers.ts";
import { fakeSocksServer } from "../../../../test/fakes/socks-server.ts";
import type { TaskAnnouncement } from "./announcement.ts";

const task: TaskAnnouncement = {
  id: 7n,
  modelHash: `0x${"11".repeat(32)}`,
  inputHash: `0x${"22".repeat(32)}`,
  reward: 1n,
  requiredNodes: 3,
  deadline: 1_790_000_000n,
};
const ONION = "a".repeat(56);
const CHILD = join(import.meta.dir, "../../../../test/fakes/private-peer.ts");

afterEach(closeOarnPeers);

interface Watched {
  readonly said: { fetched: string; peers: string[]; heard: boolean; listens: number };
  /** Each call by which something could leave or come in, with where to: "connect 127.0.0.1:9050". */
  readonly calls: readonly string[];
}

/** The process under strace: what it says of itself is not what is believed. */
async function watch(proxy: string, url: string, bootstrap: readonly string[]): Promise<Watched> {
  const folder = mkdtempSync(join(tmpdir(), "oarn-"));
  const trace = join(folder, "trace");
  try {
    const watcher = ["strace", "-f", "-qq", "-e", "trace=connect,sendto,sendmsg,sendmmsg,bind,listen", "-o", trace];
    const child = Bun.spawn([...watcher, process.execPath, CHILD, proxy, url, join(folder, "home"), ...bootstrap], {
      stdout: "pipe",
      stderr: "inherit",
    });
    const said = JSON.parse(await new Response(child.stdout).text());
    await child.exited;
    return { said, calls: callsOf(readFileSync(trace, "utf8")) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function callsOf(trace: string): string[] {
  return trace.split("\n").flatMap((line) => {
    const call = /^\d+ +(?:<\.\.\. )?(connect|sendto|sendmsg|sendmmsg|bind|listen)\(/.exec(line)?.[1];
    if (!call) return [];
    const port = /sin6?_port=htons\((\d+)\)/.exec(line)?.[1];
    const host = /inet_addr\("([^"]+)"\)|inet_pton\(AF_INET6, "([^"]+)"/.exec(line)?.slice(1).find(Boolean);
    if (port !== undefined) return [`${call} ${host}:${port}`];
    // Without an address it goes where a connect has gone, which was seen; a unix socket stays on this machine.
    return call === "listen" ? [call] : [];
  });
}

const bootstrapOf = (id: string) => [
  `/dns4/peer.example/tcp/4001/p2p/${id}`,
  `/onion3/${ONION}:4001/p2p/12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA`,
];

const missing = Bun.which("strace") === null ? " (skipped: strace is not installed)" : "";

describe.skipIf(missing !== "")(`sockets that are counted${missing}`, () => {
  test("all go to the proxy: peers by name, onion services, URLs", async () => {
    const peer = await oarnPeer();
    const web = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("hello") });
    const port = Number(/tcp\/(\d+)/.exec(peer.addresses()[0] ?? "")?.[1]);
    await using proxy = await fakeSocksServer({
      places: { "peer.example:4001": port, "web.example:80": web.port ?? 0 },
    });
    const announcing = setInterval(() => void peer.announce(task), 300);
    const { said, calls } = await watch(String(proxy.port), "http://web.example/", bootstrapOf(peer.peerId));
    clearInterval(announcing);
    await web.stop(true);
    expect(said).toEqual({
      fetched: "200",
      peers: [`/dns4/peer.example/tcp/4001/p2p/${peer.peerId}`],
      heard: true,
      listens: 0,
    });
    expect(calls.length).toBeGreaterThanOrEqual(3);
    expect(calls.length).toBe(proxy.accepted());
    expect(new Set(calls)).toEqual(new Set([`connect 127.0.0.1:${proxy.port}`]));
    const asked = proxy.asked.map(({ kind, host }) => `${kind} ${host}`);
    expect(new Set(asked)).toEqual(new Set(["name peer.example", `name ${ONION}.onion`, "name web.example"]));
    // Each peer and each host on a path of its own.
    expect(new Set(proxy.asked.map(({ user, password }) => `${user} ${password}`)).size).toBe(3);
  });

  test("go nowhere else when the proxy is down", async () => {
    const peer = await oarnPeer();
    const gone = await fakeSocksServer({ places: {} });
    await gone[Symbol.asyncDispose]();
    const address = peer.addresses()[0] ?? "";
    const { said, calls } = await watch(String(gone.port), "http://127.0.0.1:1/", [
      address,
      ...bootstrapOf(peer.peerId),
    ]);
    expect(said.fetched).toContain("the proxy is not reached");
    expect(said).toMatchObject({ peers: [], heard: false, listens: 0 });
    expect(calls.length).toBeGreaterThanOrEqual(2);
    expect(new Set(calls)).toEqual(new Set([`connect 127.0.0.1:${gone.port}`]));
    expect(peer.peers()).toEqual([]);
  });

  test("are seen wherever they go: without a proxy others are among them", async () => {
    const peer = await oarnPeer();
    const address = peer.addresses()[0] ?? "";
    const { said, calls } = await watch("none", "http://localhost:1/", [address]);
    const port = Number(/tcp\/(\d+)/.exec(address)?.[1]);
    expect(said.listens).toBeGreaterThan(0);
    expect(calls).toContain(`connect 127.0.0.1:${port}`);
    expect(calls).toContain("listen");
    expect(calls.some((call) => call.startsWith("bind 0.0.0.0:5353"))).toBeTrue();
  });
});
