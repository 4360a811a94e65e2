// What every kind of model server must do, whatever it speaks: one suite that each member of the table runs.
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { DEFAULT_ROUTES } from "../../src/config/models-schema.ts";
import { type BackendCall, BackendError, type BackendFailure, type ModelBackend } from "../../src/core/backend.ts";
import { checkConformance } from "./checks.ts";

/** What the far side does with a call. */
export type FarSide =
  /** Answers "hello" (3 tokens read, 2 written), has the model "tiny", and is well. */
  | "healthy"
  /** Answers 400 and says "too long". */
  | "refuses"
  /** Is gone before the first byte. */
  | "drops"
  /** Never answers. */
  | "hangs"
  /** Is gone in the middle of its answer. */
  | "cuts"
  /** Is silent in the middle of its answer. */
  | "stalls"
  /** Answers something that is not of its form, and lists no models. */
  | "nonsense"
  /** Says that it cannot work. */
  | "sick";

/** Short where it is waited for to its end; else nothing is too late on a machine that has much to do. */
export function patienceFor(how: string): number {
  return how === "hangs" || how === "stalls" ? 200 : 10_000;
}

export interface BackendRig {
  /** Silence in the answer, and before it, may last `patienceFor` what the far side does. */
  readonly backend: ModelBackend;
  /** Text that must not be in the label: a path, a credential. */
  readonly hidden: readonly string[];
  /** From the next call on. */
  behave(how: FarSide): Promise<void>;
  /** For each check of its kind a far side that is well but for what that check is to find. */
  readonly broken: Readonly<Record<string, Broken>>;
  /** Resolves when the far side has heard that nobody waits any more for what it is doing. */
  leftAlone(): Promise<void>;
  stop(): Promise<void>;
}

export interface Broken {
  /** The backend in front of it. */
  open(): Promise<ModelBackend>;
  readonly finds: { readonly state: "warn" | "fail"; readonly message: RegExp };
}

export interface BackendTraits {
  readonly kind: string;
  /** Which of the FarSide's ways it has, when not all, and by what name it fails in another way than most. */
  readonly fails?: { readonly [how in FarSide]?: BackendFailure };
  /** Its answer comes in pieces. */
  readonly streams: boolean;
}

const chat = (more: object = {}): BackendCall =>
  call("/v1/chat/completions", { messages: [{ role: "user", content: "Hi" }], ...more });
const call = (path: string, more: object): BackendCall => ({
  method: "POST",
  path,
  headers: { "content-type": "application/json", "x-request-id": "req_1" },
  body: Buffer.from(JSON.stringify({ model: "tiny", ...more })),
});

export function backendConformance(name: string, traits: BackendTraits, open: () => Promise<BackendRig>): void {
  describe(name, () => {
    let rig: BackendRig;
    beforeEach(async () => {
      rig = await open();
    });
    afterEach(() => rig.stop());

    const never = () => new AbortController().signal;
    const textOf = async (body: AsyncIterable<Uint8Array>) => Buffer.concat(await Array.fromAsync(body)).toString();
    const codeOf = (work: Promise<unknown>) =>
      work.then(
        () => "no error",
        (error: unknown) => (error instanceof BackendError ? error.code : `not typed: ${error}`),
      );
    /** To its last byte. */
    const ask = async (asked: BackendCall, signal = never()) => {
      const { status, headers, body } = await rig.backend.send(asked, signal);
      return { status, type: headers.get("content-type"), text: await textOf(body) };
    };
    const failure = async (how: FarSide, usual: BackendFailure) => {
      await rig.behave(how);
      return [await codeOf(ask(chat({ stream: true }))), traits.fails?.[how] ?? usual];
    };

    test("its kind and label; the label has neither path nor credential", () => {
      expect(rig.backend.kind).toBe(traits.kind);
      for (const secret of rig.hidden) expect(rig.backend.label).not.toContain(secret);
    });

    test("a chat and a completion are answered whole, with their usage", async () => {
      await rig.behave("healthy");
      const { status, type, text } = await ask(chat());
      expect([status, type]).toEqual([200, "application/json"]);
      expect(JSON.parse(text)).toMatchObject({
        choices: [{ index: 0, message: { role: "assistant", content: "hello" }, finish_reason: "stop" }],
        usage: { prompt_tokens: 3, completion_tokens: 2 },
      });
    });

    test("a stream: events whose texts make the answer, a reason, the usage that was asked for, [DONE]", async () => {
      await rig.behave("healthy");
      const asked = chat({ stream: true, stream_options: { include_usage: true } });
      const { status, type, text } = await ask(asked);
      expect([status, type]).toEqual([200, "text/event-stream"]);
      const events = text.trimEnd().split("\n\n");
      expect(events.pop()).toBe("data: [DONE]");
      const chunks: { choices: { delta: { content?: string }; finish_reason?: string | null }[] }[] = events.map(
        (event) => JSON.parse(event.slice("data: ".length)),
      );
      expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? "").join("")).toBe("hello");
      expect(chunks.flatMap(({ choices }) => choices[0]?.finish_reason ?? [])).toEqual(["stop"]);
      expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: 3, completion_tokens: 2 } });
    });

    test("what the server refuses is an answer, in OpenAI's form", async () => {
      await rig.behave("refuses");
      for (const stream of [false, true]) {
        const { status, type, text } = await ask(chat({ stream }));
        expect([status, type]).toEqual([400, "application/json"]);
        expect(JSON.parse(text)).toMatchObject({ error: { message: expect.any(String) } });
      }
    });

    test.each([
      ["drops", "reset"],
      ["hangs", "first_byte_timeout"],
      ["cuts", "cut"],
      ["stalls", "idle_timeout"],
    ] as const)("a server that %s: %s", async (how, usual) => {
      const [code, expected] = await failure(how, usual);
      expect(code).toBe(expected);
    });

    test("a caller that leaves before the answer, or in the middle of it, is not waited for, and the server hears of it", async () => {
      await rig.behave("hangs");
      expect(await codeOf(ask(chat(), AbortSignal.timeout(100)))).toBe("aborted");
      await rig.leftAlone();
      if (!traits.streams) return;
      await rig.behave("stalls");
      const { body } = await rig.backend.send(chat({ stream: true }), never());
      for await (const piece of body) if (piece.length > 0) break;
      await rig.leftAlone();
    });

    test("models: the ids that it lists; anything else is a bad_response", async () => {
      await rig.behave("healthy");
      expect(await rig.backend.models(never())).toEqual(["tiny"]);
      await rig.behave("nonsense");
      expect(await codeOf(rig.backend.models(never()))).toBe(traits.fails?.nonsense ?? "bad_response");
    });

    test("probe: well, sick, silent", async () => {
      await rig.behave("healthy");
      expect(await codeOf(rig.backend.probe(never()))).toBe("no error");
      await rig.behave("sick");
      expect(await codeOf(rig.backend.probe(never()))).toBe(traits.fails?.sick ?? "unhealthy");
      await rig.behave("healthy");
      expect(await codeOf(rig.backend.probe(AbortSignal.abort()))).toBe("aborted");
    });

    const examine = (backend: ModelBackend) =>
      checkConformance(backend.checks(new Set(DEFAULT_ROUTES)), `backend.${traits.kind}`);

    test("its own checks: it has some, and all of them are green when it is well", async () => {
      await rig.behave("healthy");
      const found = await examine(rig.backend);
      expect(found.filter(({ state }) => state !== "ok")).toEqual([]);
      expect(found.map(({ id }) => id).sort()).toEqual(Object.keys(rig.broken).sort());
      expect(found.length).toBeGreaterThan(0);
    });

    test("its own checks: each is red or yellow for its own reason, and none for another's", async () => {
      await rig.behave("healthy");
      for (const [id, { open, finds }] of Object.entries(rig.broken)) {
        const found = await examine(await open());
        const unwell = found.filter(({ state }) => state === "warn" || state === "fail");
        expect(unwell.map(({ id, state }) => [id, state])).toEqual([[id, finds.state]]);
        expect(unwell[0]?.message).toMatch(finds.message);
      }
    });

    test("its own checks: of one that is sick, talks nonsense, or is gone they say nothing: that others say", async () => {
      for (const how of ["sick", "nonsense"] as const) {
        await rig.behave(how);
        const found = await examine(rig.backend);
        expect(found.filter(({ state }) => state === "warn" || state === "fail")).toEqual([]);
      }
      await rig.stop();
      const found = await examine(rig.backend);
      expect(found.filter(({ state }) => state === "warn" || state === "fail")).toEqual([]);
    });

    test("nobody there", async () => {
      await rig.stop();
      expect(await codeOf(ask(chat()))).toBe("connect_failed");
      expect(await codeOf(rig.backend.probe(never()))).toBe("connect_failed");
    });
  });
}
