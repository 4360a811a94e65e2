// A compute process for tests of the calls to it: its operations echo, wait, fail, hang and crash.
import { setTimeout as sleep } from "node:timers/promises";
import { JsonText } from "../../src/core/challenge.ts";
import { EngineError } from "../../src/core/compute.ts";
import { serveCalls } from "../../src/gpu/process/server.ts";

const TEXT = Buffer.from("0123456789abcdef");

await serveCalls({
  echo: async (input) => input,
  /** The body itself is the answer. */
  back: async (_input, body) => new JsonText([new Uint8Array(body)]),
  large: async (input) => new JsonText([TEXT, Buffer.alloc(Number(input), TEXT), TEXT]),
  environment: async () => process.env,
  pid: async () => process.pid,
  async wait(input, _body, signal) {
    await sleep(Number(input), undefined, { signal });
    return "waited";
  },
  async refuse() {
    const detail = { hint: "Free some.", headers: { "Retry-After": "30" }, cause: new Error("cuMemAlloc: 2") };
    throw new EngineError("engine_memory", 503, "too little memory", detail);
  },
  async fail() {
    throw new TypeError("secret detail");
  },
  /** Keeps its thread, and hears nothing. */
  hang: async () => {
    for (;;);
  },
  crash: async () => process.kill(process.pid, "SIGSEGV"),
  /** Says it beside its calls, and then only waits. */
  async nonsense(input, _body, signal) {
    process.send?.(input);
    await sleep(60_000, undefined, { signal });
  },
  async late(input) {
    process.send?.(input);
  },
  async noise() {
    process.stdout.write("a driver's words\n");
    process.stderr.write(`a driver's ${"long ".repeat(1000)}warning\n`);
  },
  async hoard(input) {
    new Uint8Array(Number(input)).fill(1);
  },
});
process.exit(0);
