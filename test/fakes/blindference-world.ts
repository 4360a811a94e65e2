// A world for nodes of Blindference, in memory: ICL, CoFHE, IPFS with its upload, payment service, users, and what went over the wires.

import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CID } from "multiformats/cid";
import * as raw from "multiformats/codecs/raw";
import { sha256 } from "multiformats/hashes/sha2";
import type { Earning } from "../../src/core/earnings.ts";
import type { EthereumAccount } from "../../src/core/ethereum.ts";
import type { OwnSession } from "../../src/core/network.ts";
import type { TextCall, TextEnd } from "../../src/core/text.ts";
import { type Fetch, FetchError } from "../../src/lib/fetch.ts";
import { openSession } from "../../src/networks/blindference/session.ts";
import { settings } from "../../src/networks/blindference/settings.ts";
import type { NetworkPorts } from "../../src/networks/ports.ts";
import { accountOf } from "./blindference-account.ts";
import { BlindferenceCofhe } from "./blindference-cofhe.ts";
import { BlindferenceIcl, type IclJob } from "./blindference-icl.ts";
import { FakeClock } from "./clock.ts";
import { FakeLog } from "./log.ts";
import { FakeNetworkState } from "./network-state.ts";
import { NO_MODEL_PROGRAM } from "./no-model-program.ts";

export const USER = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";
export const GROQ = "groq:llama-3.3-70b-versatile";
export const VLLM = "facebook/opt-125m";

/** One of so many takes a millisecond: a slow disk is not outrun by a clock that costs nothing. */
const SLOW_STEP = 4;

export const SETTINGS = {
  url: "https://icl.test",
  paymentUrl: "https://pay.test",
  models: [GROQ, VLLM],
  ipfs: { gateway: "https://ipfs.test", otherGateways: [], uploadUrl: "https://pin.test/upload", uploadToken: "jwt" },
  cofhe: { mode: "python", endpoint: "https://cofhe.test" },
};

export class World {
  readonly clock = new FakeClock();
  readonly icl: BlindferenceIcl;
  readonly cofhe: BlindferenceCofhe;
  readonly files = new Map<string, Uint8Array>();
  readonly uploads: Uint8Array[] = [];
  /** Answers of the payment service, by path. */
  readonly payments = new Map<string, unknown>();
  uploadFails = 0;
  /** Requests that are being answered. */
  #asked = 0;
  #steps = 0;

  /** @param now of its services; default: that of the clock which tests move */
  constructor(now: () => number = () => this.clock.now()) {
    this.icl = new BlindferenceIcl(now);
    this.cofhe = new BlindferenceCofhe(now);
  }

  readonly fetch: Fetch = (url, options) => {
    this.#asked += 1;
    return this.#reply(url, options).finally(() => {
      this.#asked -= 1;
    });
  };

  readonly #reply: Fetch = async (url, options) => {
    const { host, pathname, search } = new URL(url);
    const body = typeof options.body === "string" ? options.body : Buffer.from(options.body ?? "").toString("latin1");
    const method = options.method ?? "GET";
    if (options.signal?.aborted) throw new FetchError("fetch_aborted", 499, `${host}: the request was cancelled`);
    const headers = new Headers(options.headers);
    const answer = await this.#answer(host, { method, path: pathname, search, headers, body, bytes: options.body });
    if (!answer) throw new FetchError("fetch_failed", 502, `${host}: connection refused`);
    return { status: answer.status, headers: new Headers(answer.headers), body: new Uint8Array(answer.body) };
  };

  async #answer(
    host: string,
    request: { method: string; path: string; search: string; headers: Headers; body: string; bytes: unknown },
  ): Promise<{ status: number; body: Uint8Array; headers?: Record<string, string> } | undefined> {
    const text = (reply: { status: number; text: string } | undefined) =>
      reply && { status: reply.status, body: Buffer.from(reply.text) };
    if (host === "icl.test") return text(await this.icl.handle(request));
    if (host === "cofhe.test") return text(await this.cofhe.handle(request.body));
    if (host === "ipfs.test") {
      const file = this.files.get(request.path.split("/").at(-1) ?? "");
      return file ? { status: 200, body: file } : { status: 404, body: new Uint8Array() };
    }
    if (host === "pin.test") return this.#pin(request);
    const paid = this.payments.get(request.path);
    return paid === undefined ? text({ status: 404, text: "{}" }) : text({ status: 200, text: JSON.stringify(paid) });
  }

  async #pin({ headers, bytes }: { headers: Headers; bytes: unknown }) {
    if (this.uploadFails > 0) {
      this.uploadFails -= 1;
      return { status: 500, body: new Uint8Array() };
    }
    if (headers.get("authorization") !== "Bearer jwt") return { status: 401, body: new Uint8Array() };
    const form = await new Response(bytes instanceof Uint8Array ? Buffer.from(bytes) : String(bytes), {
      headers: { "content-type": headers.get("content-type") ?? "" },
    }).formData();
    const file = form.get("file");
    if (!(file instanceof Blob)) return { status: 400, body: new Uint8Array() };
    const content = new Uint8Array(await file.arrayBuffer());
    this.uploads.push(content);
    return { status: 200, body: Buffer.from(JSON.stringify({ IpfsHash: await this.put(content) })) };
  }

  async put(bytes: Uint8Array): Promise<string> {
    const cid = CID.createV1(raw.code, await sha256.digest(bytes)).toString();
    this.files.set(cid, bytes);
    return cid;
  }

  /** A user's prompt, encrypted, with its key for these nodes and a quorum of them. */
  async job(
    prompt: string,
    [leader, ...verifiers]: readonly EthereumAccount[],
    given: Partial<IclJob> & { readonly hideHandles?: boolean } = {},
  ): Promise<IclJob> {
    const key = randomBytes(32);
    const iv = randomBytes(12);
    const cipher = createCipheriv("aes-256-gcm", key, iv);
    const sealed = Buffer.concat([cipher.update(prompt, "utf8"), cipher.final()]);
    const promptCid = await this.put(Buffer.concat([iv, cipher.getAuthTag(), sealed]));
    const nodes = [leader, ...verifiers].map((node) => node?.checksumAddress ?? "");
    const high = this.cofhe.keep(BigInt(`0x${key.subarray(0, 16).toString("hex")}`), nodes);
    const low = this.cofhe.keep(BigInt(`0x${key.subarray(16).toString("hex")}`), nodes);
    return this.icl.add({
      id: `0x${randomBytes(32).toString("hex")}`,
      leader: nodes[0] ?? "",
      verifiers: nodes.slice(1),
      modelId: GROQ,
      promptCid,
      userAddress: USER,
      handles: given.hideHandles ? { high: null, low: null } : { high: String(high), low: String(low) },
      claimHandles: { high, low },
      ...given,
    });
  }

  /** What the user reads of a job's answer. */
  answerOf({ result }: IclJob): string {
    if (!result) throw new Error("there is no result");
    const half = (handle: string) => (this.cofhe.read(BigInt(handle)) ?? 0n).toString(16).padStart(32, "0");
    const key = Buffer.from(half(result.encrypted_output_key_high) + half(result.encrypted_output_key_low), "hex");
    const blob = this.files.get(result.output_cid) ?? new Uint8Array();
    const decipher = createDecipheriv("aes-256-gcm", key, blob.subarray(0, 12));
    decipher.setAuthTag(blob.subarray(12, 28));
    return Buffer.concat([decipher.update(blob.subarray(28)), decipher.final()]).toString("utf8");
  }

  /** In small steps; between them answers end, and files and hashes get turns of the event loop and some real time. */
  async pass(ms: number, step = 250): Promise<void> {
    for (let passed = 0; passed < ms; passed += step) {
      await this.clock.advance(Math.min(step, ms - passed));
      for (let turn = 0; turn < 4 || this.#asked > 0; turn++)
        await new Promise<void>((resolve) => setImmediate(resolve));
      if (++this.#steps % SLOW_STEP === 0) await Bun.sleep(1);
    }
  }

  async until(what: () => boolean, mostMs = 120_000): Promise<void> {
    for (let passed = 0; !what(); passed += 250) {
      if (passed > mostMs) throw new Error(`not within ${mostMs} ms: ${what}`);
      await this.pass(250);
    }
  }
}

export type Says = (call: TextCall) => AsyncGenerator<string, TextEnd, void>;

/** A model that says this of whatever it is asked. */
export const saying = (text: (call: TextCall) => string): Says =>
  async function* (call) {
    call.signal.throwIfAborted();
    yield text(call);
    return { reason: "stop", promptTokens: 1, completionTokens: 1 };
  };

export interface Node {
  readonly account: EthereumAccount;
  readonly log: FakeLog;
  readonly state: FakeNetworkState;
  readonly earned: Earning[];
  readonly calls: TextCall[];
  readonly session: OwnSession;
  readonly ports: NetworkPorts;
  /** Ends it; the state is left as it is. */
  stop(): Promise<void>;
}

export interface NodeOptions {
  readonly settings?: object;
  readonly says?: Says;
  readonly state?: FakeNetworkState;
  readonly ports?: Partial<NetworkPorts>;
}

/** @param key its private key, or one digit of which that is made */
export function nodeIn(world: World, key: string, options: NodeOptions = {}): Node {
  const account = accountOf(key.length === 1 ? key.repeat(64) : key);
  const { clock } = world;
  const log = new FakeLog();
  const state = options.state ?? new FakeNetworkState(clock);
  const earned: Earning[] = [];
  const calls: TextCall[] = [];
  const says = options.says ?? saying(() => "the answer is 4");
  const unused = () => {
    throw new Error("this network has no use for it");
  };
  const card = (id: string, route: string) => ({ id, created: 1, routes: [route], kinds: ["vllm"] });
  const ports: NetworkPorts = {
    identity: { pubkey: "", npub: "", sign: unused },
    modelProgram: NO_MODEL_PROGRAM,
    account,
    schnorr: unused,
    text: {
      generate(call) {
        calls.push(call);
        return says(call);
      },
    },
    models: () => [card("llama-3.3-70b-versatile", "/v1/chat/completions"), card(VLLM, "/v1/completions")],
    modelServers: () => [
      { kind: "vllm", origin: "http://127.0.0.1:8000", names: ["llama-3.3-70b-versatile", VLLM], works: true },
    ],
    budget: { admission: () => ({ places: 10, reason: undefined }) },
    replay: { claim: unused },
    state,
    fetch: world.fetch,
    gpus: () => [],
    version: "0.0.0",
    home: mkdtempSync(join(tmpdir(), "fxn-blf-")),
    random: () => 0.5,
    metrics: { call() {}, work() {}, running() {} },
    chain: unused,
    readers: unused,
    tracer: () => undefined,
    earnings: { add: async (earning) => void earned.push(earning) },
    clock,
    log,
    ...options.ports,
  };
  const session = openSession(settings.parse({ ...SETTINGS, ...options.settings }), ports);
  const stop = new AbortController();
  const ended = session.run(stop.signal);
  return {
    ...{ account, log, state, earned, calls, session, ports },
    async stop() {
      stop.abort();
      await world.pass(1000);
      await ended;
    },
  };
}
