// POST /infer/stream: frames as the network's reader wants them, errors before and after the first word, and what leaving costs.
import { describe, expect, test } from "bun:test";
import { fails, says, settled, stuck, verify } from "../../../../test/fakes/fedai-ports.ts";
import { fedaiRig, framesOf } from "../../../../test/fakes/fedai-rig.ts";
import { FxnError } from "../../../core/errors.ts";
import type { TextCall, TextEnd } from "../../../core/text.ts";
import { signerOf } from "../envelope.ts";
import { inferAnswer, streamChunk } from "../payloads.ts";

describe("a stream", () => {
  test("is chunks as they come, and a signed end with what the model server counted", async () => {
    const rig = fedaiRig();
    rig.ports.generate = says(["He", "llo\nworld", " ✓"], 3, 4);
    const response = await rig.respond("/infer/stream", rig.request());
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    expect(response.headers.get("cache-control")).toBe("no-cache");
    const text = await response.text();
    expect(text).not.toContain("\r");
    expect(text.endsWith("\n\n")).toBe(true);
    const frames = framesOf(text);
    expect(frames.map(({ event }) => event)).toEqual(["chunk", "chunk", "chunk", "final"]);
    const chunks = frames.slice(0, -1).map(({ data }) => streamChunk.parse(data));
    expect(chunks.map(({ index, delta }) => [index, delta])).toEqual([
      [0, "He"],
      [1, "llo\nworld"],
      [2, " ✓"],
    ]);
    const { response: answer, metering } = inferAnswer.parse(frames.at(-1)?.data);
    expect(answer.payload).toMatchObject({ output: "Hello\nworld ✓", usage: { inputTokens: 3, outputTokens: 4 } });
    for (const one of [answer, metering]) expect(signerOf(one, verify)).toHaveProperty("pubkey");
    expect(rig.ports.counted).toEqual(["infer-stream ok", "work ok"]);
  });

  test("that fails before its first word is a status", async () => {
    const rig = fedaiRig();
    rig.ports.generate = fails(new FxnError("backend_error", 502, "gone"));
    const said = await rig.ask("/infer/stream", rig.request());
    expect([said.status, said.body]).toEqual([500, { error: "internal-error" }]);
  });

  test("that is cut in the middle ends in an error, is counted as one, and is never called whole", async () => {
    const rig = fedaiRig();
    rig.ports.generate = cutAfter("Hel");
    const { status, text } = await rig.ask("/infer/stream", rig.request());
    expect(status).toBe(200);
    expect(framesOf(text).map(({ event, data }) => [event, data.delta ?? data])).toEqual([
      ["chunk", "Hel"],
      ["error", { error: "internal-error" }],
    ]);
    expect((await rig.ask("/metrics")).text).toContain('node_inference_requests_total{status="500"} 1');
  });

  test("that falls silent ends at the limit, as a timeout, and says so", async () => {
    const rig = fedaiRig({ limits: { runtime: "1m" } });
    const silent = silentAfter("Hel");
    rig.ports.generate = silent.generate;
    const response = await rig.respond("/infer/stream", rig.request());
    const text = response.text();
    await settled();
    await rig.ports.clock.advance(60_000);
    const all = await text;
    expect(all).toContain(": waiting\n\n");
    expect(framesOf(all).at(-1)).toEqual({ event: "error", data: { error: "runner-timeout" } });
    expect(silent.signal()?.aborted).toBe(true);
  });

  test("with a slow first word begins all the same", async () => {
    const rig = fedaiRig({ limits: { runtime: "10m" } });
    const upstream = stuck();
    rig.ports.generate = upstream.generate;
    const asked = rig.respond("/infer/stream", rig.request());
    await upstream.started;
    await rig.ports.clock.advance(15_000);
    const response = await asked;
    expect(response.status).toBe(200);
    upstream.end();
    expect(framesOf(await response.text()).map(({ event }) => event)).toEqual(["error"]);
  });

  test("whose reader leaves stops the work, frees its place, and is counted as left", async () => {
    const rig = fedaiRig({ capacity: { max: 1 } });
    const silent = silentAfter("Hel");
    rig.ports.generate = silent.generate;
    const response = await rig.respond("/infer/stream", rig.request());
    const reader = response.body!.getReader();
    await reader.read();
    expect((await rig.ask("/status")).body.inFlight).toBe(1);
    await reader.cancel();
    await settled();
    expect(silent.signal()?.aborted).toBe(true);
    expect((await rig.ask("/status")).body.inFlight).toBe(0);
    expect(rig.ports.counted).toEqual(["infer-stream 499", "work cancelled"]);
  });

  test("whose reader leaves while a piece is ready for it frees its place", async () => {
    const rig = fedaiRig({ capacity: { max: 1 } });
    const { generate, ended } = talkative();
    rig.ports.generate = generate;
    const reader = (await rig.respond("/infer/stream", rig.request())).body!.getReader();
    await reader.read();
    await settled();
    await reader.cancel();
    await settled();
    expect(ended()).toBe(true);
    expect((await rig.ask("/status")).body.inFlight).toBe(0);
  });

  test("that nobody reads ends at the limit, and its place is free", async () => {
    const rig = fedaiRig({ capacity: { max: 1 }, limits: { runtime: "10s" } });
    const { generate, ended } = talkative();
    rig.ports.generate = generate;
    const reader = (await rig.respond("/infer/stream", rig.request())).body!.getReader();
    await reader.read();
    await settled();
    await rig.ports.clock.advance(10_000);
    await settled();
    expect(ended()).toBe(true);
    expect((await rig.ask("/status")).body.inFlight).toBe(0);
    // What was ready, and then why there is no more of it.
    let rest = "";
    for (let step = await reader.read(); !step.done; step = await reader.read()) rest += Buffer.from(step.value);
    expect(framesOf(rest).at(-1)).toEqual({ event: "error", data: { error: "runner-timeout" } });
  });

  test("whose reader takes nothing for a minute has been left", async () => {
    const rig = fedaiRig({ limits: { runtime: "10m" } });
    const { generate, ended } = talkative();
    rig.ports.generate = generate;
    const reader = (await rig.respond("/infer/stream", rig.request())).body!.getReader();
    await reader.read();
    await settled();
    await rig.ports.clock.advance(60_000);
    await settled();
    expect(ended()).toBe(true);
    expect((await rig.ask("/status")).body.inFlight).toBe(0);
    expect(rig.ports.counted).toEqual(["infer-stream 499", "work cancelled"]);
    expect(await reader.read().catch(String)).toContain("stopped reading");
  });
});

/** Has more to say whenever it is asked, and sees no signal: only its own end stops it. */
function talkative() {
  let ended = false;
  return {
    ended: () => ended,
    async *generate(): AsyncGenerator<string, TextEnd, void> {
      try {
        for (;;) yield "more ";
      } finally {
        ended = true;
      }
    },
  };
}

function cutAfter(piece: string) {
  return async function* (): AsyncGenerator<string, TextEnd, void> {
    yield piece;
    throw new FxnError("text_cut", 502, "the answer broke off");
  };
}

/** Says one piece, then nothing until it is stopped. */
function silentAfter(piece: string) {
  let signal: AbortSignal | undefined;
  return {
    signal: () => signal,
    async *generate(call: TextCall): AsyncGenerator<string, TextEnd, void> {
      signal = call.signal;
      yield piece;
      await new Promise((_, reject) => {
        call.signal.addEventListener("abort", () => reject(new FxnError("client_closed_request", 499, "stopped")));
      });
      return { reason: "stop", promptTokens: null, completionTokens: null };
    },
  };
}
