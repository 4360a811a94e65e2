import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CID } from "multiformats/cid";
import { create } from "multiformats/hashes/digest";
import { FakeClock } from "../../test/fakes/clock.ts";
import { flipped, IpfsApi } from "../../test/fakes/ipfs-api.ts";
import { IpfsBlocks, someBytes } from "../../test/fakes/ipfs-blocks.ts";
import { type GatewayForms, IpfsGateway } from "../../test/fakes/ipfs-gateway.ts";
import { FakeLog } from "../../test/fakes/log.ts";
import { Pinata } from "../../test/fakes/pinata.ts";
import { systemClock } from "../core/clock.ts";
import { Secret } from "../core/secret.ts";
import { createFetch } from "../lib/fetch.ts";
import { IpfsError } from "./errors.ts";
import { gatewayUrl } from "./gateway.ts";
import { type IpfsOptions, openIpfs } from "./open.ts";

const WANT = { maxBytes: 2_000_000, signal: new AbortController().signal };
const UPLOAD = { name: "blindference-output.bin", signal: WANT.signal };

let dir: string;
let api: IpfsApi;
let gateway: IpfsGateway;
let second: IpfsGateway;
let pinata: Pinata;
let log: FakeLog;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "fxn-ipfs-"));
  api = new IpfsApi();
  gateway = new IpfsGateway();
  second = new IpfsGateway(gateway.blocks);
  pinata = new Pinata();
  log = new FakeLog();
});
afterEach(() => {
  for (const server of [api, gateway, second, pinata]) server.stop();
  rmSync(dir, { recursive: true, force: true });
});

function opened(options: Partial<IpfsOptions> = {}, clock = systemClock) {
  const rest = { gateways: [gateway.url], cacheDir: dir, cacheBytes: 0, timeoutMs: 15_000 };
  return openIpfs({ ...rest, ...options }, { fetch: createFetch(clock), clock, log });
}

async function failure(work: Promise<unknown>): Promise<IpfsError> {
  const error = await work.catch((thrown: unknown) => thrown);
  if (error instanceof IpfsError) return error;
  throw new Error(`expected an IpfsError, got ${String(error)}`);
}

const FORMS: readonly GatewayForms[] = ["all", "none", "refused"];

describe("from a gateway", () => {
  test("every kind of file, in whatever form the gateway has it", async () => {
    for (const forms of FORMS) {
      gateway.forms = forms;
      for (const size of [0, 12, 300_000, 1_200_000]) {
        for (const cidVersion of [0, 1] as const) {
          for (const rawLeaves of [true, false]) {
            const bytes = someBytes(size);
            const cid = await gateway.blocks.add(bytes, { cidVersion, rawLeaves });
            expect(Buffer.compare(await opened().get(cid.toString(), WANT), bytes)).toBe(0);
          }
        }
      }
    }
  });

  test("an unusual cut needs a CAR", async () => {
    const bytes = someBytes(5000);
    const cid = String(await gateway.blocks.add(bytes, { chunkBytes: 777 }));
    expect(await opened().get(cid, WANT)).toEqual(Buffer.from(bytes));
    gateway.forms = "none";
    expect((await failure(opened().get(cid, WANT))).code).toBe("content_false");
  });

  test("that lies, cuts, fails, redirects or has no end the next one is asked, and each reason is said", async () => {
    const bytes = someBytes(300_000);
    const cid = String(await gateway.blocks.add(bytes));
    const reasons = {
      lies: ["content_false", "what came is not what the CID says"],
      cut: ["content_false", "what came is no whole CAR"],
      fails: ["content_not_found", "it answered 504"],
      redirect: ["content_not_found", "it answered with a redirect, which is not followed"],
      huge: ["content_too_large", "the answer is larger than"],
    } as const;
    for (const order of ["lies", "cut", "fails", "redirect", "huge"] as const) {
      gateway.order = order;
      const both = opened({ gateways: [gateway.url, second.url] });
      expect(Buffer.compare(await both.get(cid, WANT), bytes)).toBe(0);
      const { code, message } = await failure(opened().get(cid, WANT));
      expect(code).toBe(reasons[order][0]);
      expect(message).toContain(`${cid} could not be had: ${gateway.host}: ${reasons[order][1]}`);
    }
    expect(gateway.asked.some(({ pathname }) => pathname === "/elsewhere")).toBe(false);
  });

  test("that gives each content a host of its own is followed there, with its token, in every form", async () => {
    gateway.subdomains = true;
    const bytes = someBytes(300_000);
    const base = `${gateway.url.replace("127.0.0.1", "localhost")}/ipfs/?token=t`;
    for (const forms of FORMS) {
      gateway.forms = forms;
      for (const rawLeaves of [true, false]) {
        const cid = await gateway.blocks.add(rawLeaves ? bytes.subarray(0, 50) : bytes, { cidVersion: 0, rawLeaves });
        const content = await opened({ gateways: [base] }).get(String(cid), WANT);
        expect(Buffer.compare(content, rawLeaves ? bytes.subarray(0, 50) : bytes)).toBe(0);
        expect(gateway.asked.at(-1)?.hostname).toBe(`${cid.toV1()}.ipfs.localhost`);
        expect(gateway.asked.at(-1)?.searchParams.get("token")).toBe("t");
      }
    }
  });

  test("whose types are written in capitals is understood", async () => {
    const bytes = someBytes(300_000);
    const cid = await gateway.blocks.add(bytes);
    gateway.instead = { type: "Application/Vnd.Ipld.CAR; version=1", body: await gateway.blocks.car(cid) };
    expect(Buffer.compare(await opened().get(String(cid), WANT), bytes)).toBe(0);
  });

  test("that is silent the next one is asked after its time", async () => {
    const cid = String(await gateway.blocks.add(someBytes(10)));
    gateway.order = "silent";
    const clock = new FakeClock();
    const got = opened({ gateways: [gateway.url, second.url] }, clock).get(cid, WANT);
    while (gateway.asked.length === 0) await Bun.sleep(1);
    await clock.advance(14_999);
    expect(second.asked.length).toBe(0);
    await clock.advance(1);
    expect((await got).length).toBe(10);
  });

  test("the two questions to one gateway share its time", async () => {
    const cid = String(await gateway.blocks.add(someBytes(10)));
    gateway.forms = "refused";
    const clock = new FakeClock();
    const times: number[] = [];
    const fetch = createFetch(systemClock);
    const ipfs = openIpfs(
      { gateways: [gateway.url], cacheDir: dir, cacheBytes: 0, timeoutMs: 15_000 },
      {
        clock,
        log,
        fetch: async (url, options) => {
          times.push(options.timeoutMs);
          await clock.advance(4000);
          return fetch(url, options);
        },
      },
    );
    await ipfs.get(cid, WANT);
    expect(times).toEqual([15_000, 11_000]);
  });

  test("every flipped bit of a raw answer and of a plain one is refused", async () => {
    const bytes = someBytes(40);
    const raw = String(await gateway.blocks.add(bytes, { cidVersion: 1, rawLeaves: true }));
    const plain = String(await gateway.blocks.add(bytes));
    for (let at = 0; at < 40 * 8; at++) {
      gateway.instead = { type: "application/octet-stream", body: flipped(bytes, at >> 3, 1 << (at & 7)) };
      for (const cid of [raw, plain]) expect((await failure(opened().get(cid, WANT))).code).toBe("content_false");
    }
    gateway.instead = { type: "application/octet-stream", body: bytes };
    for (const cid of [raw, plain]) expect(await opened().get(cid, WANT)).toEqual(bytes);
  });

  test("directories, and content over the cap, are facts: no other source is asked", async () => {
    const both = opened({ gateways: [gateway.url, second.url] });
    const directory = String(await gateway.blocks.addDirectory({ a: someBytes(3) }));
    expect((await failure(both.get(directory, WANT))).message).toBe(
      `${directory}: the content is a directory, not a file`,
    );
    const large = String(await gateway.blocks.add(someBytes(1001)));
    const { code, message } = await failure(both.get(large, { ...WANT, maxBytes: 1000 }));
    expect([code, message]).toEqual(["content_too_large", `${large}: the content is larger than 1000 bytes`]);
    expect(second.asked.length).toBe(0);
    expect((await both.get(large, { ...WANT, maxBytes: 1001 })).length).toBe(1001);
  });

  test("its URL with or without /ipfs/; a token in it is kept, and never shown", async () => {
    const vectors = [
      ["https://node.lighthouse.storage", "https://node.lighthouse.storage/ipfs/QmX"],
      ["https://node.lighthouse.storage/", "https://node.lighthouse.storage/ipfs/QmX"],
      ["https://ipfs.io/ipfs", "https://ipfs.io/ipfs/QmX"],
      ["https://ipfs.io/ipfs/", "https://ipfs.io/ipfs/QmX"],
      ["https://gateway.pinata.cloud/ipfs", "https://gateway.pinata.cloud/ipfs/QmX"],
    ] as const;
    for (const [base, url] of vectors) expect(gatewayUrl(base, "QmX")).toBe(url);
    const base = `${gateway.url}/ipfs/?pinataGatewayToken=canary`;
    const cid = String(await gateway.blocks.add(someBytes(5)));
    expect((await opened({ gateways: [base] }).get(cid, WANT)).length).toBe(5);
    expect(gateway.asked[0]?.searchParams.get("pinataGatewayToken")).toBe("canary");
    for (const order of ["lies", "fails", "redirect", "huge"] as const) {
      gateway.order = order;
      const error = await failure(opened({ gateways: [base] }).get(cid, WANT));
      expect(Bun.inspect(error)).not.toContain("canary");
    }
    expect(JSON.stringify(log.lines)).not.toContain("canary");
  });
});

describe("from the local API", () => {
  test("files and raw blocks, before any gateway", async () => {
    const ipfs = opened({ api: api.url });
    for (const rawLeaves of [true, false]) {
      for (const size of [10, 600_000]) {
        const bytes = someBytes(size);
        const cid = await api.blocks.add(bytes, { cidVersion: 1, rawLeaves });
        expect(Buffer.compare(await ipfs.get(cid.toString(), WANT), bytes)).toBe(0);
      }
    }
    expect(gateway.asked.length).toBe(0);
    expect(api.calls.map(({ command }) => command)).toEqual(["block/get", "dag/export", "dag/export", "dag/export"]);
  });

  test("that lacks it, is false, cut or away, gateways are asked; its words are in the error", async () => {
    const ipfs = opened({ api: api.url });
    const bytes = someBytes(600);
    const cid = String(await gateway.blocks.add(bytes));
    expect(await ipfs.get(cid, WANT)).toEqual(Buffer.from(bytes));
    const unknown = String(await new IpfsBlocks().add(someBytes(7)));
    expect((await failure(ipfs.get(unknown, WANT))).message).toBe(
      `${unknown} could not be had: ${api.host}: it answered 500: "block was not found locally (offline): ipld: could not find ${unknown}"; ${gateway.host}: it answered 404`,
    );
    await api.blocks.add(bytes);
    for (const order of ["false-block", "cut"] as const) {
      api.order = order;
      expect(await ipfs.get(cid, WANT)).toEqual(Buffer.from(bytes));
    }
    api.stop();
    expect(await ipfs.get(cid, WANT)).toEqual(Buffer.from(bytes));
  });
});

describe("any source", () => {
  test("a CID that holds its content asks nobody", async () => {
    const cid = CID.createV1(0x55, create(0, new TextEncoder().encode("inline")));
    expect(Buffer.from(await opened().get(cid.toString(), WANT)).toString()).toBe("inline");
    expect(gateway.asked.length).toBe(0);
  });

  test("what is no CID is refused before anybody is asked, and so is everything when nothing is configured", async () => {
    for (const text of ["0x1234", "../../etc/passwd", ""]) {
      expect((await failure(opened().get(text, WANT))).code).toBe("cid_invalid");
    }
    expect(gateway.asked.length).toBe(0);
    const cid = String(await gateway.blocks.add(someBytes(7)));
    expect((await failure(opened({ gateways: [] }).get(cid, WANT))).message).toContain(
      "no IPFS API or gateway is configured",
    );
  });

  test("a caller who leaves ends it with the caller's reason, and no other source is asked", async () => {
    const cid = String(await gateway.blocks.add(someBytes(7)));
    gateway.order = "silent";
    const cancel = new AbortController();
    const got = opened({ gateways: [gateway.url, second.url] }).get(cid, { ...WANT, signal: cancel.signal });
    while (gateway.asked.length === 0) await Bun.sleep(1);
    const reason = new Error("enough");
    cancel.abort(reason);
    expect(await got.catch((error: unknown) => error)).toBe(reason);
    expect(second.asked.length).toBe(0);
  });

  test("what came once comes from the cache, whatever form it came in", async () => {
    const ipfs = opened({ cacheBytes: 10_000_000 });
    for (const forms of FORMS) {
      gateway.forms = forms;
      const bytes = someBytes(400_000, forms.length);
      const cid = String(await gateway.blocks.add(bytes, { cidVersion: 1, rawLeaves: forms !== "none" }));
      expect(Buffer.compare(await ipfs.get(cid, WANT), bytes)).toBe(0);
      const asked = gateway.asked.length;
      expect(Buffer.compare(await ipfs.get(cid, WANT), bytes)).toBe(0);
      expect(gateway.asked.length).toBe(asked);
    }
    expect(readdirSync(dir).length).toBe(3);
  });

  test("nothing false reaches the cache", async () => {
    const cid = String(await gateway.blocks.add(someBytes(400)));
    gateway.order = "lies";
    await failure(opened({ cacheBytes: 10_000_000 }).get(cid, WANT));
    expect(readdirSync(dir)).toEqual([]);
  });
});

describe("add", () => {
  const bytes = someBytes(300_000);

  test("to the local API: pinned, named, and as it was asked for", async () => {
    const cid = await opened({ api: api.url }).add(bytes, UPLOAD);
    expect(cid).toBe(String(await new IpfsBlocks().add(bytes)));
    expect([...api.pinned]).toEqual([cid]);
    const { query, fileName } = api.calls[0] ?? {};
    expect(fileName).toBe("blindference-output.bin");
    expect(String(query)).toBe("pin=true&cid-version=0&raw-leaves=false&chunker=size-262144&progress=false");
    expect(Buffer.compare(await api.blocks.file(CID.parse(cid)), bytes)).toBe(0);
  });

  test("to Pinata, in both forms of its answer", async () => {
    const ipfs = opened({ pinata: { url: pinata.url, jwt: new Secret(pinata.jwt) } });
    expect(await ipfs.add(bytes, UPLOAD)).toStartWith("Qm");
    pinata.form = "v3";
    const cid = await ipfs.add(bytes, UPLOAD);
    expect(cid).toStartWith("bafybei");
    expect(pinata.files).toEqual(["blindference-output.bin", "blindference-output.bin"]);
    expect(Buffer.compare(await pinata.blocks.file(CID.parse(cid)), bytes)).toBe(0);
  });

  test("to both: each holds the very CID that is returned", async () => {
    const ipfs = opened({ api: api.url, pinata: { url: pinata.url, jwt: new Secret(pinata.jwt) } });
    for (const form of ["v2", "v3"] as const) {
      pinata.form = form;
      for (const size of [0, 100, 262_145]) {
        const cid = await ipfs.add(someBytes(size), UPLOAD);
        expect(api.pinned.has(cid)).toBe(true);
        expect((await pinata.blocks.file(CID.parse(cid))).length).toBe(size);
        expect((await api.blocks.file(CID.parse(cid))).length).toBe(size);
      }
    }
  });

  test("is no success unless all that are configured hold it", async () => {
    const jwt = new Secret(pinata.jwt);
    expect((await failure(opened().add(bytes, UPLOAD))).message).toBe("there is no place to store content at");
    const both = opened({ api: api.url, pinata: { url: pinata.url, jwt } });
    api.order = "wrong-cid";
    const { code, message } = await failure(both.add(bytes, UPLOAD));
    expect([code, message]).toEqual(["upload_failed", expect.stringContaining(`${api.host}: it stored "Qm`)]);
    api.order = undefined;
    for (const [order, words] of [
      ["wrong-cid", "which is not the CID of the bytes"],
      ["no-cid", "its answer names no CID"],
      ["fails", "it answered 500"],
    ] as const) {
      pinata.order = order;
      const error = await failure(both.add(bytes, UPLOAD));
      expect([error.code, error.message]).toEqual(["upload_failed", expect.stringContaining(words)]);
    }
    pinata.order = undefined;
    api.stop();
    expect((await failure(both.add(bytes, UPLOAD))).message).toBe(`${api.host}: connection refused`);
  });

  test("with a token that is not accepted is said, without the token", async () => {
    const ipfs = opened({ pinata: { url: `${pinata.url}`, jwt: new Secret("canary") } });
    const error = await failure(ipfs.add(bytes, UPLOAD));
    expect([error.code, error.message]).toEqual([
      "upload_denied",
      `${pinata.host}: it answered 401: the token is not accepted`,
    ]);
    expect(error.hint).toBe("Check the JWT of the IPFS upload.");
    expect(Bun.inspect(error)).not.toContain("canary");
  });

  test("a name that would mean something in a header is made harmless", async () => {
    await opened({ api: api.url }).add(bytes, { ...UPLOAD, name: 'a"\r\nx: y/../b' });
    expect(api.calls[0]?.fileName).toBe("a___x__y_.._b");
  });
});

describe("whether anything could be stored", () => {
  test("a local API is asked whether it is there; an upload is not, and nowhere is no place", async () => {
    await opened({ api: api.url }).canStore(WANT.signal);
    expect(api.calls.map(({ command }) => command)).toEqual(["version"]);
    await opened({ pinata: { url: pinata.url, jwt: new Secret(pinata.jwt) } }).canStore(WANT.signal);
    expect(pinata.files).toEqual([]);
    expect((await failure(opened().canStore(WANT.signal))).code).toBe("upload_failed");
    const other = await failure(opened({ api: gateway.url }).canStore(WANT.signal));
    expect([other.code, other.message]).toEqual(["upload_failed", expect.stringContaining(gateway.host)]);
    api.stop();
    const gone = await failure(opened({ api: api.url }).canStore(WANT.signal));
    expect([gone.code, gone.message]).toEqual(["upload_failed", expect.stringContaining(api.host)]);
  });
});

describe("pins", () => {
  test("are set and taken away, and taking away twice is no error", async () => {
    const ipfs = opened({ api: api.url });
    const cid = String(await api.blocks.add(someBytes(10)));
    await ipfs.pin(cid, WANT.signal);
    expect([...api.pinned]).toEqual([cid]);
    await ipfs.unpin(cid, WANT.signal);
    await ipfs.unpin(cid, WANT.signal);
    expect([...api.pinned]).toEqual([]);
  });

  test("of what is not there, or without an API, fail and say so", async () => {
    const cid = String(await gateway.blocks.add(someBytes(10)));
    const { code, message } = await failure(opened({ api: api.url }).pin(cid, WANT.signal));
    expect([code, message]).toEqual([
      "pin_failed",
      expect.stringContaining(`${api.host}: it answered 500: "block was not`),
    ]);
    expect((await failure(opened().pin(cid, WANT.signal))).message).toBe("there is no IPFS API that could pin");
    expect((await failure(opened().unpin(cid, WANT.signal))).code).toBe("pin_failed");
  });
});
