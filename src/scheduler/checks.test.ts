import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { CHALLENGERS } from "../../challengers/index.ts";
import { LyingNode } from "../../test/fakes/lying-node.ts";
import { exactRows } from "../../test/fakes/products.ts";
import vectors from "../../test/vectors/function.json";
import { newKey } from "../keys/private-key.ts";
import { signerFromKey } from "../keys/signer.ts";
import { personalDigest } from "../lib/ethereum.ts";
import { createHttpClient } from "../lib/http-client.ts";
import { loadKernels } from "../matrix/load.ts";
import { leafOf, MerkleTree } from "../matrix/merkle.ts";
import { proofText } from "../matrix/proof.ts";
import type { CheckContext, Finding } from "./check.ts";
import { checksWith, type Rehearsed, rehearse } from "./rehearse.ts";
import { SignedClient } from "./signed-client.ts";

const { kernels } = await loadKernels();
const http = createHttpClient({ maxIdleConns: 1, idleConnTimeout: 1000, connectTimeout: 1000 });
const signer = signerFromKey(newKey());
const liar = signerFromKey(newKey());

let node: LyingNode;
beforeEach(() => {
  node = new LyingNode();
});
afterEach(() => node.stop());

const context = (change: Partial<CheckContext> = {}): CheckContext => ({
  client: new SignedClient(node.url, signer, http),
  publicUrl: undefined,
  kernels,
  proof: { size: 40, rows: 6 },
  signal: new AbortController().signal,
  ...change,
});

async function checked(name: string, change: Partial<CheckContext> = {}): Promise<Finding> {
  const checks = checksWith(http).filter((check) => check.name === name);
  const [found] = await Array.fromAsync(rehearse(checks, context(change)));
  if (!found) throw new Error(`no check "${name}"`);
  return found;
}

const failed = (what: unknown) => ({ outcome: "fail", what });

describe("a rehearsal", () => {
  test("of a good node: everything passes, but for what cannot be asked", async () => {
    const all: Rehearsed[] = await Array.fromAsync(rehearse(checksWith(http), context()));
    expect(all.map(({ name, outcome }) => [name, outcome])).toEqual([
      ["public door", "skipped"],
      ["IDENTITY", "pass"],
      ["ENDPOINT_REACHABLE", "pass"],
      ["MATRIX_MULTIPLICATION", "pass"],
      ["MATRIX_PROOF", "pass"],
      ["chat, streamed", "pass"],
    ]);
  });

  test("of a node that is not there, or answers something else: each check says why, in one line", async () => {
    const say = (answer: () => Response) => {
      for (const what of [...CHALLENGERS.map(({ type }) => type), "/v1/models"]) node.instead.set(what, answer);
    };
    const found = async () =>
      (await Array.fromAsync(rehearse(checksWith(http), context()))).filter(({ name }) => name !== "public door");
    for (const [answer, why] of [
      [() => new Response("<html>\nhello</html>"), /^no JSON was answered, but "<html>\\nhello<\/html>"$/],
      [() => Response.json({ data: 1 }), /^the answer's [\w.]+: [^\n]+$/],
      [() => Response.json({ error: { message: "no time" } }, { status: 503 }), /^answered 503: no time$/],
      [() => new Response("Bad Gateway", { status: 502 }), /^answered 502: Bad Gateway$/],
    ] as const) {
      say(answer);
      for (const { outcome, what } of await found()) {
        expect([outcome, what]).toEqual(["fail", expect.stringMatching(why)]);
      }
    }
    await node.stop();
    for (const { outcome, what } of await found()) {
      expect([outcome, what]).toEqual(["fail", expect.stringContaining("127.0.0.1")]);
    }
  });
});

describe("a node that lies: MATRIX_MULTIPLICATION", () => {
  const lie = (change: (answer: Record<string, unknown>) => unknown) =>
    node.lies.set("MATRIX_MULTIPLICATION", (answer) => change(answer));

  test("one wrong value, a value too many, or no C at all", async () => {
    for (const change of [
      (c: number[][]) => c.with(63, (c[63] ?? []).with(63, 0.5)),
      (c: number[][]) => [...c, [0]],
      (c: number[][]) => c.slice(1),
      () => undefined,
    ]) {
      lie((answer) => ({ ...answer, C: change(answer.C as number[][]) }));
      expect(await checked("MATRIX_MULTIPLICATION")).toMatchObject(failed("the product is wrong"));
    }
  });

  test("another hash", async () => {
    lie((answer) => ({ ...answer, merkleRoot: `0x${"0".repeat(64)}` }));
    expect(await checked("MATRIX_MULTIPLICATION")).toMatchObject(
      failed(expect.stringMatching(/^merkleRoot is 0x0{64}, not 0x[0-9a-f]{64}$/)),
    );
  });
});

describe("a node that lies: MATRIX_PROOF", () => {
  interface Asked {
    seed: string;
    m: number;
    k: number;
    n: number;
  }
  const proven = (part: string) => failed(expect.stringMatching(new RegExp(`^${part}: `)));

  test("another root, with the old signature and with a new one", async () => {
    node.lies.set("MATRIX_PROOF", (answer) => ({ ...answer, root: "5a".repeat(32) }));
    expect(await checked("MATRIX_PROOF")).toMatchObject(proven("signature"));
    const forge = (answer: Record<string, unknown>, { seed, m, k, n }: Asked) => {
      const text = proofText({ seed: Buffer.from(seed, "hex"), m, k, n }, Buffer.alloc(32, 0x5a));
      return { ...answer, root: "5a".repeat(32), signature: liar.signPersonal(text), address: liar.checksumAddress };
    };
    node.lies.set("MATRIX_PROOF", (answer, asked) => forge(answer, asked as Asked));
    expect(await checked("MATRIX_PROOF")).toMatchObject(proven("path"));
  });

  test("one row in the place of another", async () => {
    node.lies.set("MATRIX_PROOF_OPEN", (answer) => {
      const [first, second, ...rest] = answer.rows as { values: string }[];
      return { rows: [{ ...first, values: second?.values }, second, ...rest] };
    });
    expect(await checked("MATRIX_PROOF")).toMatchObject(proven("path"));
  });

  test("a well-made proof of a product that was never computed: one value of each row is off by one", async () => {
    let rows: Int32Array[] = [];
    let tree = MerkleTree.over(new Uint8Array(32));
    node.lies.set("MATRIX_PROOF", (answer, payload) => {
      const { seed, m, k, n } = payload as Asked;
      const shape = { seed: Buffer.from(seed, "hex"), m, k, n };
      const values = exactRows(
        shape,
        Uint32Array.from({ length: m }, (_, i) => i),
      );
      rows = Array.from({ length: m }, (_, i) => values.slice(i * n, (i + 1) * n));
      for (const row of rows) row[7] = (row[7] ?? 0) + 1;
      tree = MerkleTree.over(Buffer.concat(rows.map(leafOf)));
      const signature = liar.signPersonal(proofText(shape, tree.root));
      return { ...answer, root: Buffer.from(tree.root).toString("hex"), signature, address: liar.checksumAddress };
    });
    node.lies.set("MATRIX_PROOF_OPEN", (answer) => ({
      rows: (answer.rows as { index: number }[]).map(({ index }) => ({
        index,
        values: Buffer.from(rows[index]?.buffer ?? new ArrayBuffer(0)).toString("base64"),
        path: tree.path(index).map((hash) => Buffer.from(hash).toString("hex")),
      })),
    }));
    expect(await checked("MATRIX_PROOF")).toMatchObject(
      failed("values: the opened rows are not rows of A·B: column 7 differs"),
    );
  });

  test("fewer rows, other rows, no rows", async () => {
    for (const change of [
      (rows: object[]) => rows.slice(1),
      (rows: object[]) => [...rows.slice(1), rows[1]],
      (rows: object[]) => rows.map((row) => ({ ...row, index: 0 })),
      () => [],
    ]) {
      node.lies.set("MATRIX_PROOF_OPEN", (answer) => ({ rows: change(answer.rows as object[]) }));
      expect(await checked("MATRIX_PROOF")).toMatchObject(proven("rows"));
    }
  });
});

describe("a node that lies: IDENTITY", () => {
  const lie = (change: object) => node.lies.set("IDENTITY", (answer) => ({ ...answer, ...change }));

  test("another address than that of its key", async () => {
    lie({ publicKey: vectors.keys.stranger.address });
    expect(await checked("IDENTITY")).toMatchObject(failed(expect.stringContaining("signs with another key")));
  });

  test("an address of another IP, a signature by another key, and none at all", async () => {
    for (const change of [
      { ipAddress: "203.0.113.99" },
      { signature: Buffer.from(liar.signDigest(personalDigest("x"))).toString("base64") },
      { signature: "" },
      { signature: Buffer.alloc(65).toString("base64") },
    ]) {
      lie(change);
      expect(await checked("IDENTITY")).toMatchObject(
        failed(expect.stringContaining("the signature is not over its key")),
      );
    }
  });
});

describe("a node that lies: chat", () => {
  test("a stream without its end, without a word, with an error, or none", async () => {
    const good = node.chat;
    for (const [chat, why] of [
      [good.replace("data: [DONE]\n\n", ""), "the stream ended without [DONE]: something on the way cut it"],
      ["data: [DONE]\n\n", "tiny answered without a word"],
      ["", "tiny answered without a word"],
      [`data: ${JSON.stringify({ error: { message: "out of memory" } })}\n\n`, "out of memory"],
      ["data: <html>\n\n", `no JSON was answered, but "<html>"`],
    ] as const) {
      node.chat = chat;
      expect(await checked("chat, streamed")).toMatchObject(failed(why));
    }
    node.chatType = "application/json";
    expect(await checked("chat, streamed")).toMatchObject(failed("a stream was asked for, application/json came"));
  });

  test("no model at all is no failure", async () => {
    node.lies.set("/v1/models", () => ({ data: [] }));
    expect(await checked("chat, streamed")).toMatchObject({ outcome: "skipped", what: "this node offers no model" });
  });
});

describe("the door", () => {
  const refusal = () => Response.json({ error: { code: "caller_not_authorized", message: "" } }, { status: 401 });

  test("lives, and refuses a stranger", async () => {
    const door = new LyingNode();
    door.instead.set("/v1/models", refusal);
    expect(await checked("public door", { publicUrl: door.url })).toMatchObject({ outcome: "pass" });
    await door.stop();
    expect(await checked("public door", { publicUrl: door.url })).toMatchObject({ outcome: "fail" });
  });

  test("lets a stranger in, refuses it for another reason, or is ill", async () => {
    const door = new LyingNode();
    const found = () => checked("public door", { publicUrl: door.url });
    expect(await found()).toMatchObject(failed("a stranger is answered 200, not 401"));
    door.instead.set("/v1/models", () => Response.json({}, { status: 502 }));
    expect(await found()).toMatchObject(failed("a stranger is answered 502, not 401"));
    door.instead.set("/health", () => Response.json({}, { status: 503 }));
    expect(await found()).toMatchObject(failed(`${door.url}/health answers 503`));
    await door.stop();
  });
});

describe("ENDPOINT_REACHABLE", () => {
  test("a public URL must be reachable; one that is not public cannot be", async () => {
    node.lies.set("ENDPOINT_REACHABLE", () => ({ reachable: false }));
    for (const publicUrl of ["https://node.example", "http://203.1.114.1:8080", "http://[2606:4700::1]:8080"]) {
      const why = `${publicUrl}/health does not answer 2xx from the node`;
      expect(await checked("ENDPOINT_REACHABLE", { publicUrl })).toMatchObject(failed(why));
    }
    for (const publicUrl of [undefined, "http://localhost:1", "http://10.0.0.1:8080", "http://[::1]:8080"]) {
      expect(await checked("ENDPOINT_REACHABLE", { publicUrl })).toMatchObject({ outcome: "skipped" });
    }
  });
});
