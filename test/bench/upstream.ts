// What the HTTP client costs by itself: against the runtime's own, and its memory after many streams.
import { z } from "zod";
import { createHttpClient, type HttpClient, type HttpRequest } from "../../src/lib/http-client.ts";
import { ATTACKS } from "../conformance/http-attacks.ts";
import { OPTIONS, type OpenClient } from "../conformance/http-case.ts";
import { ENDINGS } from "../conformance/http-endings.ts";
import { FRAMING } from "../conformance/http-framing.ts";
import { type Comparison, median, type Row, type Skipped } from "./comparison.ts";
import { type Helper, startHelper } from "./helper-process.ts";
import { fetchClient, nodeHttp } from "./other-http-clients.ts";

const AT_ONCE = 64;
const ROUND_MS = 1500;
const ROUNDS = 5;
const STREAMS = 2000;
const CASE_MS = 10_000;

/** Of one round. */
interface Speed {
  readonly perSecond: number;
  /** Processor time of this process, all threads. */
  readonly microseconds: number;
}

export const upstream: Comparison = {
  name: "upstream",
  about: `the HTTP client alone, ${AT_ONCE} requests at once, medians of ${ROUNDS} rounds; its memory after ${STREAMS} streams`,
  async run() {
    const server = startHelper("upstream-server.ts");
    try {
      const url = z.string().parse(await server.call("url"));
      return [
        await memory(url, server),
        ...(await speeds(url)),
        await lenience("node:http", nodeHttp),
        await lenience("fetch", fetchClient),
      ];
    } finally {
      server.stop();
    }
  },
};

async function speeds(url: string): Promise<Row[]> {
  const clients = { own: createHttpClient, node: nodeHttp, fetch: fetchClient };
  const rounds: Record<keyof typeof clients, Speed[]> = { own: [], node: [], fetch: [] };
  const open = { own: client(clients.own), node: client(clients.node), fetch: client(clients.fetch) };
  for (let round = 0; round <= ROUNDS; round++) {
    for (const name of ["own", "node", "fetch"] as const) {
      const speed = await load(open[name], `${url}/v1/chat/completions`);
      // The first is to warm up.
      if (round > 0) rounds[name].push(speed);
    }
  }
  for (const name of ["own", "node", "fetch"] as const) open[name].close();
  const per = (name: keyof typeof clients, of: keyof Speed) => median(rounds[name].map((speed) => speed[of]));
  const row = (what: string, other: "node" | "fetch", of: keyof Speed, unit: string) => ({
    what,
    measured: `${per("own", of).toFixed(0)} ${unit}`,
    against: `${per(other, of).toFixed(0)} ${unit}`,
    ratio: per("own", of) / per(other, of),
  });
  return [
    { ...row("requests a second, against node:http", "node", "perSecond", "/s"), bound: { least: 1.5 } },
    row("requests a second, against fetch, which has a thread of its own", "fetch", "perSecond", "/s"),
    { ...row("processor time of a request, against node:http", "node", "microseconds", "µs"), bound: { most: 0.67 } },
    row("processor time of a request, against fetch", "fetch", "microseconds", "µs"),
  ];
}

const client = (open: OpenClient) => open({ ...OPTIONS, maxIdleConns: AT_ONCE });

function post(url: string): HttpRequest {
  return {
    method: "POST",
    url,
    headers: { "content-type": "application/json", "accept-encoding": "identity" },
    body: Buffer.from(JSON.stringify({ model: "tiny", messages: [{ role: "user", content: "z".repeat(500) }] })),
    signal: new AbortController().signal,
    firstByteTimeoutMs: 60_000,
    idleTimeoutMs: 60_000,
  };
}

async function read(http: HttpClient, url: string): Promise<void> {
  const { body } = await http.request(post(url));
  if (!body.whole()) for await (const _ of body);
}

async function load(http: HttpClient, url: string): Promise<Speed> {
  let count = 0;
  const begun = performance.now();
  const before = process.cpuUsage();
  const one = async () => {
    for (; performance.now() - begun < ROUND_MS; count++) await read(http, url);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
  const { user, system } = process.cpuUsage(before);
  return { perSecond: (count / (performance.now() - begun)) * 1000, microseconds: (user + system) / count };
}

async function memory(url: string, server: Helper): Promise<Row> {
  const http = client(createHttpClient);
  const rss = async () => {
    Bun.gc(true);
    await Bun.sleep(500);
    return process.memoryUsage().rss / 2 ** 20;
  };
  const streams = async () => {
    const all = Promise.all(Array.from({ length: STREAMS }, () => read(http, `${url}/stream`)));
    let ended = 0;
    while (ended < STREAMS) {
      await Bun.sleep(50);
      ended += z.number().parse(await server.call("end"));
    }
    await all;
  };
  await load(http, `${url}/v1/chat/completions`);
  const before = await rss();
  await streams();
  const after = await rss();
  http.close();
  return {
    what: `memory after ${STREAMS} streams at once, against at rest`,
    measured: `${after.toFixed(0)} MB`,
    against: `${before.toFixed(0)} MB`,
    ratio: after / before,
    bound: { most: 1.3 },
  };
}

/** Which cases of our client's conformance another does not pass: the reason for ours. Nothing depends on it. */
async function lenience(name: string, open: OpenClient): Promise<Skipped> {
  const others: string[] = [];
  const cases = [...FRAMING, ...ATTACKS, ...ENDINGS];
  for (const one of cases) {
    const passed = one.run(open).then(
      () => true,
      () => false,
    );
    if (!(await Promise.race([passed, Bun.sleep(CASE_MS).then(() => false)]))) others.push(one.name);
  }
  return {
    what: `${name} where ours stands`,
    why: `it does otherwise in ${others.length} of ${cases.length} cases: ${others.join("; ")}`,
  };
}
