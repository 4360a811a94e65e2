// fxn challenge and fxn gpu bench, as an operator types them, through the compiled binary.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { CHALLENGERS } from "../../challengers/index.ts";
import vectors from "../vectors/function.json";
import { fxn, makeHome, removeHome, writeGoKey } from "./node.ts";
import { openWorld, type World } from "./world.ts";

let world: World;
/** Of an operator who has the scheduler's key, and no node. */
const elsewhere = makeHome();
beforeAll(async () => {
  world = await openWorld();
  writeGoKey(elsewhere, vectors.keys.scheduler);
});
afterAll(async () => {
  await world.close();
  removeHome(elsewhere);
});

const challenge = (...args: string[]) => fxn(["challenge", ...args, "--home", world.home]);
const small = ["--size", "256", "--rows", "8"];
const asScheduler = ["--account", "node", "--home", elsewhere];

describe("fxn challenge list", () => {
  test("every challenge with its limits, for people and for machines", async () => {
    const { code, stdout } = await fxn(["challenge", "list"]);
    expect(code).toBe(0);
    for (const { type, summary } of CHALLENGERS) expect(stdout).toMatch(new RegExp(`^${type} .*${summary}$`, "m"));
    const listed = JSON.parse((await fxn(["challenge", "list", "--json"])).stdout);
    expect(listed).toEqual({
      schema: 1,
      challenges: CHALLENGERS.map(({ type, summary, limits }) => ({ type, summary, ...limits })),
    });
  });
});

describe("fxn challenge run", () => {
  test("every type, by a throw-away key", async () => {
    const identity = await challenge("run", "identity");
    expect([identity.code, JSON.parse(identity.stdout).publicKey]).toEqual([0, vectors.keys.node.address]);
    expect(identity.stderr).toMatch(/^200 in \d+ ms\n$/);
    const reachable = await challenge("run", "ENDPOINT_REACHABLE", "http://127.0.0.1:1/");
    expect([reachable.code, JSON.parse(reachable.stdout)]).toEqual([0, { reachable: false }]);
    const product = await challenge("run", "MATRIX_MULTIPLICATION", `{"A":[[1,2]],"B":[[3],[4]]}`);
    expect([product.code, JSON.parse(product.stdout).C]).toEqual([0, [[11]]]);
    const proof = await challenge("run", "MATRIX_PROOF", ...small);
    expect([proof.code, JSON.parse(proof.stdout).backend]).toEqual([0, "cpu"]);
    expect(proof.stderr).toBe("right  8 rows, no fault\n");
    const opening = await challenge("run", "MATRIX_PROOF_OPEN", `{"proofId":"none","rows":[0]}`);
    expect([opening.code, JSON.parse(opening.stdout).error.code]).toEqual([1, "challenge_payload"]);
    expect(opening.stderr).toStartWith("400 in ");
  });

  test("what is refused: exit code 1 and the node's words; what makes no sense: 2", async () => {
    const missing = await challenge("run", "MATRIX_PROOF", "--backend", "cuda");
    expect([missing.code, missing.stdout]).toEqual([1, ""]);
    expect(missing.stderr).toContain("there is no cuda on this node; it has cpu");
    for (const args of [
      ["TEA"],
      ["ENDPOINT_REACHABLE"],
      ["IDENTITY", "{"],
      ["IDENTITY", "--url", world.node.url],
      ["IDENTITY", "--account", "node"],
      ["MATRIX_PROOF", "--size", "0"],
      ["MATRIX_PROOF", "--rows", "257"],
      ["MATRIX_PROOF", "--backend", "tpu"],
    ]) {
      const { code, stdout, stderr } = await challenge("run", ...args);
      expect([args, code, stdout]).toEqual([args, 2, ""]);
      expect(stderr).toStartWith("fxn: ");
    }
  });

  test("another node, by a key that it knows; a key that it does not know is refused", async () => {
    const known = await fxn(["challenge", "run", "IDENTITY", "--url", world.node.url, ...asScheduler]);
    expect([known.code, JSON.parse(known.stdout).ipAddress]).toEqual([0, "203.0.113.7"]);
    const unknown = await challenge("run", "IDENTITY", "--url", world.node.url, "--account", "node");
    expect([unknown.code, JSON.parse(unknown.stdout).error.code]).toEqual([1, "caller_not_authorized"]);
  });

  test("no node runs: exit code 1, and what to do", async () => {
    const { code, stdout, stderr } = await fxn(["challenge", "run", "IDENTITY", "--home", elsewhere]);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toContain(`no node runs on ${elsewhere}`);
    expect(stderr).toContain("fxn start");
    const away = await fxn(["challenge", "run", "IDENTITY", "--url", "http://127.0.0.1:1", ...asScheduler]);
    expect([away.code, away.stderr.split("\n").length]).toEqual([1, 2]);
  });
});

const saved = z.looseObject({
  asked: z.looseObject({ seed: z.string(), m: z.number() }),
  committed: z.looseObject({ root: z.string(), signature: z.string(), address: z.string() }),
  drawn: z.array(z.number()),
  opened: z.object({
    rows: z.array(z.object({ index: z.number(), values: z.string(), path: z.array(z.string()) })).min(2),
  }),
});
type Saved = z.infer<typeof saved>;

describe("fxn challenge verify", () => {
  const file = join(elsewhere, "proof.json");
  const verify = (...args: string[]) => fxn(["challenge", "verify", ...args]);
  let proof: Saved;
  beforeAll(async () => {
    await challenge("run", "MATRIX_PROOF", ...small, "--save", file);
    proof = saved.parse(JSON.parse(readFileSync(file, "utf8")));
  });

  test("a saved proof is right, for people, machines, by its address, and from standard input", async () => {
    const { code, stdout } = await verify(file);
    expect(code).toBe(0);
    expect(stdout).toStartWith("right    nothing is at fault\nproduct  256 x 256 x 256, seed ");
    const told = JSON.parse((await verify(file, "--json")).stdout);
    expect(told).toMatchObject({ schema: 1, right: true, fault: null, rows: 8, said: { backend: "cpu" } });
    expect((await verify(file, "--address", vectors.keys.node.address.toLowerCase())).code).toBe(0);
    expect((await fxn(["challenge", "verify", "-"], { stdin: JSON.stringify(proof) })).code).toBe(0);
  });

  /** The first hex digit or base64 character is another one. */
  const other = (text: string) =>
    `${text.startsWith("B") ? "C" : text.startsWith("1") ? "2" : text[0] === "A" ? "B" : "1"}${text.slice(1)}`;
  const tampered: readonly (readonly [name: string, change: (proof: Saved) => void, part: string])[] = [
    [
      "a value",
      ({ opened: { rows } }) => {
        rows[1]!.values = other(rows[1]!.values);
      },
      "path",
    ],
    [
      "a path",
      ({ opened: { rows } }) => {
        rows[0]!.path[2] = other(rows[0]!.path[2]!);
      },
      "path",
    ],
    [
      "a path too long",
      ({ opened: { rows } }) => {
        rows[0]!.path.push(rows[0]!.path[0]!);
      },
      "path",
    ],
    [
      "two rows in each other's place",
      ({ opened: { rows } }) => {
        [rows[0]!.values, rows[1]!.values] = [rows[1]!.values, rows[0]!.values];
      },
      "path",
    ],
    [
      "a row that was not opened",
      ({ opened: { rows } }) => {
        rows.pop();
      },
      "rows",
    ],
    [
      "a row short of a value",
      ({ opened: { rows } }) => {
        rows[0]!.values = rows[0]!.values.slice(8);
      },
      "rows",
    ],
    [
      "a row twice",
      ({ opened: { rows } }) => {
        rows[0] = rows[1]!;
      },
      "rows",
    ],
    [
      "the root",
      ({ committed }) => {
        committed.root = other(committed.root);
      },
      "signature",
    ],
    [
      "the seed",
      ({ asked }) => {
        asked.seed = other(asked.seed);
      },
      "signature",
    ],
    [
      "the size",
      ({ asked }) => {
        asked.m = 255;
      },
      "signature",
    ],
    [
      "the signature",
      ({ committed }) => {
        committed.signature = other(committed.signature);
      },
      "signature",
    ],
    [
      "the address",
      ({ committed }) => {
        committed.address = vectors.keys.stranger.address;
      },
      "signature",
    ],
  ];
  for (const [name, change, part] of tampered) {
    test(`attack: ${name} is changed: exit code 1, and it says where: ${part}`, async () => {
      const forged = structuredClone(proof);
      change(forged);
      writeFileSync(`${file}.forged`, JSON.stringify(forged));
      const { code, stdout } = await verify(`${file}.forged`);
      expect([code, stdout.split(":")[0]]).toEqual([1, `WRONG    ${part}`]);
      const told = JSON.parse((await verify(`${file}.forged`, "--json")).stdout);
      expect(told).toMatchObject({ right: false, fault: { part } });
    });
  }

  test("signed by another than who was expected", async () => {
    const { code, stdout } = await verify(file, "--address", vectors.keys.stranger.address);
    expect([code, stdout.split(":")[0]]).toEqual([1, "WRONG    signature"]);
    expect((await verify(file, "--address", "0x12")).code).toBe(2);
  });

  test("what is no saved proof: exit code 1, and why", async () => {
    for (const [text, why] of [
      ["", "it is not JSON"],
      ["{}", "schema: "],
      [JSON.stringify({ ...proof, drawn: [] }), "drawn: "],
      [JSON.stringify({ ...proof, asked: { ...proof.asked, m: 1e9 } }), "asked.m: "],
      [
        JSON.stringify({ ...proof, committed: { ...proof.committed, root: "zz" } }),
        "committed.root: expected 64 hex digits",
      ],
    ] as const) {
      writeFileSync(`${file}.none`, text);
      const { code, stderr } = await verify(`${file}.none`);
      expect([code, stderr.split("\n")[0]]).toEqual([1, expect.stringContaining(`this is no saved proof: ${why}`)]);
      expect(stderr.split("\n").length).toBeLessThan(5);
    }
    expect((await verify(join(elsewhere, "missing.json"))).stderr).toContain("could not be read");
    const unwritable = await challenge(
      "run",
      "MATRIX_PROOF",
      ...small,
      "--save",
      join(elsewhere, "no", "such", "folder"),
    );
    expect([unwritable.code, unwritable.stderr.split("\n").length]).toEqual([1, 2]);
  });
});

describe("fxn gpu bench", () => {
  test("where no library can be put to be loaded, WebAssembly computes, and is named", async () => {
    const nowhere = { TMPDIR: "/dev/null", TEMP: "NUL", TMP: "NUL" };
    const { code, stdout } = await fxn(["gpu", "bench", "--size", "64", "--precision", "float64", "--json"], {
      env: nowhere,
    });
    expect(code).toBe(0);
    expect(JSON.parse(stdout).measured).toEqual([expect.objectContaining({ engine: "cpu", api: "wasm simd128" })]);
  });

  test("measures what there is, and says what there is not", async () => {
    const { code, stdout } = await fxn([
      "gpu",
      "bench",
      "--size",
      "64",
      "--precision",
      "float32,float64,int8",
      "--json",
    ]);
    expect(code).toBe(0);
    const { measured, missing } = JSON.parse(stdout);
    for (const precision of ["float32", "float64", "int8"]) {
      expect(measured).toContainEqual(
        expect.objectContaining({ engine: "cpu", precision, size: 64, gflops: expect.any(Number) }),
      );
    }
    for (const { kind, why } of missing) expect([kind, why.length > 10]).toEqual([expect.any(String), true]);
    expect((await fxn(["gpu", "bench", "--size", "0"])).code).toBe(2);
  });
});
