// Builds test/native/cuda-stub.cpp and opens it: NVIDIA's driver and cuBLAS as far as tests need them, without a GPU.
import { dlopen } from "bun:ffi";
import { existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { Glob } from "bun";
import type { Clock } from "../../src/core/clock.ts";
import { cudaFamily } from "../../src/gpu/cuda/engine.ts";
import type { MatmulEngine } from "../../src/gpu/engine.ts";

const root = join(import.meta.dir, "../..");
const SOURCES = [...new Glob("test/native/*.{cpp,h}").scanSync(root)].toSorted().concat("src/gpu/cuda/kernels.cu");
const FLAGS =
  "-x c++ -std=c++17 -O2 -fno-exceptions -fno-rtti -fno-sanitize=undefined -fvisibility=hidden -fPIC -shared -lm";

/** @returns the library's path; it is built once for each state of its sources */
function build(): string {
  const hash = new Bun.CryptoHasher("sha256").update(FLAGS);
  for (const source of SOURCES) hash.update(readFileSync(join(root, source)));
  const path = join(root, "dist/test", `cuda-stub-${hash.digest("hex").slice(0, 16)}.so`);
  if (existsSync(path)) return path;
  mkdirSync(join(root, "dist/test"), { recursive: true });
  const unfinished = `${path}.${process.pid}`;
  const zig = join(root, "node_modules/.bin/zig");
  const { exitCode, stderr } = Bun.spawnSync(
    [zig, "cc", ...FLAGS.split(" "), "-o", unfinished, join(root, "test/native/cuda-stub.cpp")],
    { stderr: "pipe" },
  );
  if (exitCode !== 0) throw new Error(`the CUDA stub does not compile:\n${stderr}`);
  renameSync(unfinished, path);
  return path;
}

export const stubPath = build();

const { symbols } = dlopen(stubPath, {
  stub_reset: { args: ["i32", "i32", "u64"], returns: "void" },
  stub_fail: { args: ["i32", "i32", "i32"], returns: "void" },
  stub_slow: { args: ["i32"], returns: "void" },
  stub_block_ms: { args: ["double"], returns: "void" },
  stub_blas_fails: { args: [], returns: "void" },
  stub_calls: { args: [], returns: "i32" },
  stub_launches: { args: [], returns: "i32" },
  stub_live: { args: [], returns: "i32" },
  stub_report: { args: [], returns: "cstring" },
});

export const stub = {
  /** @param capability compute capability × 10 */
  reset({ devices = 1, capability = 90, memory = 2 ** 30 } = {}): void {
    symbols.stub_reset(devices, capability, memory);
  },
  /** The `at`th call from now (the next is 1) fails; `forGood`: and all after it, as on a lost device. */
  fail(at: number, code: number, { forGood = false } = {}): void {
    symbols.stub_fail(at, code, forGood ? 1 : 0);
  },
  /** Queries that find the device busy before each piece of work; Infinity: it never finishes. */
  slow(queries: number): void {
    symbols.stub_slow(queries === Number.POSITIVE_INFINITY ? -1 : queries);
  },
  /** What a block of threads takes by the device's clock. */
  blockMs: symbols.stub_block_ms,
  cublasFails: symbols.stub_blas_fails,
  calls: symbols.stub_calls,
  launches: symbols.stub_launches,
  /** Contexts, streams, events, modules, buffers and cuBLAS handles that nobody has given back. */
  live: symbols.stub_live,
  /** What a real driver would have refused or blocked in, a line each; "" when there was nothing. */
  report: () => `${symbols.stub_report() ?? ""}`,
};

/** Timers fire on the next turn of the event loop, and time moves on by what they asked for. */
export function hastyClock(): Clock {
  let now = 0;
  return {
    now: () => now,
    monotonic: () => now,
    after(ms, fn) {
      const timer = setImmediate(() => {
        now += ms;
        fn();
      });
      return () => clearImmediate(timer);
    },
  };
}

export interface StubOptions {
  readonly clock?: Clock;
  /** Whether the stub is found as cuBLAS too. */
  readonly cublas?: boolean;
}

/** The engines of the stub's devices. */
export function openStub({ clock = hastyClock(), cublas = false }: StubOptions = {}): Promise<readonly MatmulEngine[]> {
  const family = cudaFamily({ clock, driver: [stubPath], cublas: cublas ? [stubPath] : [] });
  return family.open({ threads: 0, softwareAdapter: false });
}

/**
 * What the promise is rejected with. Not by `expect().rejects`: that runs the event loop inside the turn that it is called
 * in, and what the hasty clock has put into that same turn would wait for its end for ever.
 */
export function reasonOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => "it was not rejected",
    (reason: unknown) => reason,
  );
}

/** With the engine of the first device, which is closed afterwards. */
export async function withStub(options: StubOptions, use: (engine: MatmulEngine) => Promise<void>): Promise<void> {
  const [engine] = await openStub(options);
  if (!engine) throw new Error("the stub has no device");
  try {
    await use(engine);
  } finally {
    engine.close();
  }
}
