// ONNX models through the compiled binary, in the sandbox, and what something worse than a model would find there.
import { afterAll, describe, expect, test } from "bun:test";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ModelError } from "../../src/networks/oarn/compute/model-error.ts";
import { COMPILED, canaryHome, LIMITS, onnxRig, withoutSandbox } from "../fakes/onnx-rig.ts";
import { processes } from "../fakes/processes.ts";
import { floats, int64s } from "../sandbox/onnx.ts";
import * as models from "../sandbox/onnx-models.ts";

const home = canaryHome();
afterAll(() => rmSync(home, { recursive: true, force: true }));
const never = new AbortController().signal;
const MB = 1024 * 1024;
const missing = await withoutSandbox(COMPILED);
const because = missing === undefined ? "" : ` (skipped: ${missing})`;
const inside = test.skipIf(missing !== undefined);
const python = existsSync("/usr/bin/python3");
const insidePython = test.skipIf(missing !== undefined || !python);
const becausePython = python ? because : " (skipped: python3 is missing)";

function failure(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => "none",
    (error: unknown) => (error instanceof ModelError ? `${error.code}: ${error.message}` : `other: ${error}`),
  );
}

test("without a sandbox: the same bits as from the sources, and the same refusals", async () => {
  const onnx = onnxRig({ home, program: COMPILED });
  const matmul = await onnx.run(models.matmul, new TextEncoder().encode("[0.25, -0.125, 0.5]"), LIMITS, never);
  expect(Buffer.from(matmul).toString("hex")).toBe("095099bdf5cb7abe");
  expect(await failure(onnx.run(models.text, floats(1), LIMITS, never))).toStartWith("model_declined: ");
});

/** The node is killed while a model runs without end. */
async function orphaned(sandbox: "off" | "required"): Promise<void> {
  const left = () => processes().filter(({ line }) => line.includes(COMPILED.command.join(" ")));
  const parent = join(import.meta.dir, "..", "fakes", "onnx-parent.ts");
  const node = Bun.spawn([process.execPath, parent, sandbox, home], { stdout: "pipe", stderr: "inherit" });
  for await (const _ of node.stdout) break;
  // It has begun to run, and hears nothing any more.
  await Bun.sleep(300);
  expect(left()).not.toEqual([]);
  node.kill("SIGKILL");
  await node.exited;
  for (let i = 0; i < 250 && left().length > 0; i++) await Bun.sleep(20);
  expect(left()).toEqual([]);
}

test("a model that runs without end ends with the node, however that ends", () => orphaned("off"));

describe("in the sandbox", () => {
  const onnx = onnxRig({ home, program: COMPILED, sandbox: "required" });

  inside(`models give what they give without${because}`, async () => {
    expect(await onnx.run(models.doubling, floats(0.5), LIMITS, never)).toEqual(floats(1));
    expect(await onnx.run(models.largest, floats(3, 9, 4), LIMITS, never)).toEqual(int64s(1));
    const opened = await onnx.open(models.matmul, LIMITS, never);
    for (let i = 0; i < 2; i++) {
      const bits = Buffer.from(await opened.run(floats(0.25, -0.125, 0.5), never)).toString("hex");
      expect(bits).toBe("095099bdf5cb7abe");
    }
    opened.close();
  });

  inside(`as little memory as there can be is enough, and as much as there can be${because}`, async () => {
    for (const memoryBytes of [1, 1024 * MB, 8192 * MB]) {
      expect(await onnx.run(models.doubling, floats(0.5), { ...LIMITS, memoryBytes }, never)).toEqual(floats(1));
    }
  });

  inside(`what wants more memory, or another file, fails${because}`, async () => {
    expect(await failure(onnx.run(models.loop(60, true), floats(1), LIMITS, never))).toStartWith("model_failed: ");
    expect(await failure(onnx.run(models.besides("/etc/passwd"), floats(1, 2), LIMITS, never))).toStartWith(
      "model_failed: ",
    );
  });

  inside(
    `what never ends is ended, by the clock and by its processor time, and nothing is left${because}`,
    async () => {
      const endless = models.loop(2 ** 52);
      expect(await failure(onnx.run(endless, floats(1), { ...LIMITS, timeMs: 4000 }, never))).toStartWith(
        "model_timeout: ",
      );
      expect(await failure(onnx.run(endless, floats(1), { ...LIMITS, cpuMs: 3000 }, never))).toStartWith(
        "model_ended: ",
      );
      const left = () => processes().filter(({ line }) => line.includes(COMPILED.command.join(" ")));
      for (let i = 0; i < 100 && left().length > 0; i++) await Bun.sleep(20);
      expect(left()).toEqual([]);
    },
  );

  inside(`it ends with the node as well${because}`, () => orphaned("required"));

  /** What a program finds that has the place of ours. */
  async function found(script: string): Promise<string> {
    const speak = [
      "import json, os, socket, struct, sys",
      "def tell(text):",
      "  body = json.dumps({'code': 'model_failed', 'message': str(text)}).encode()",
      "  sys.stdout.buffer.write(struct.pack('<BI', 5, len(body)) + body)",
      "def tried(work):",
      "  try: return work()",
      "  except Exception as error: return str(error)",
    ].join("\n");
    const program = { command: ["/usr/bin/python3", "-c", `${speak}\n${script}`], readable: [] };
    const rig = onnxRig({ home, sandbox: "required", program });
    return failure(rig.run(models.doubling, floats(1), LIMITS, never));
  }

  insidePython(`no network is reached, not even this machine's${becausePython}`, async () => {
    const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("node") });
    try {
      const said = await found(
        `tell([tried(lambda: socket.create_connection((host, port), 2) and "reached") for host, port in [("127.0.0.1", ${server.port}), ("192.0.2.1", 80)]])`,
      );
      expect(said).toContain("Connection refused");
      expect(said).toContain("Network is unreachable");
      expect(said).not.toContain("reached'");
    } finally {
      await server.stop(true);
    }
  });

  insidePython(
    `neither the node's home nor other secrets are there, and nothing can be written${becausePython}`,
    async () => {
      const secrets = [join(home, "nodekey.bin"), "/etc/shadow", "/root", "/home", `/proc/${process.pid}/environ`];
      for (const path of secrets) {
        expect(await found(`tell(tried(lambda: os.stat("${path}") and "there"))`)).toContain("No such file");
      }
      for (const path of ["/x", "/usr/x", "/dev/x"]) {
        expect(await found(`tell(tried(lambda: open("${path}", "w") and "written"))`)).toContain(
          "Read-only file system",
        );
      }
    },
  );

  insidePython(`of the environment it has nothing of the node's, and its limits hold${becausePython}`, async () => {
    const names = await found("tell(sorted(os.environ))");
    expect(names).toBe("model_failed: ['HOME', 'LANG', 'LOGNAME', 'PATH', 'PWD', 'USER']");
    const limits = await found(
      "import resource as r\ntell([r.getrlimit(r.RLIMIT_DATA)[1], r.getrlimit(r.RLIMIT_CPU)[1]])",
    );
    expect(limits).toBe(`model_failed: [${(3072 + 3 * 256) * MB}, 60]`);
  });
});
