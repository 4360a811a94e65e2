import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { SseEvent } from "../lib/sse.ts";
import { BodyMeter } from "./body-meter.ts";
import { StreamMeter } from "./stream-meter.ts";

const event = (data: string) => new SseEvent(Buffer.from(`data: ${data}\n\n`));
const USAGE = `"usage":{"prompt_tokens":7,"completion_tokens":5}`;

describe("stream meter: what each event is", () => {
  const cases: Record<string, string> = {
    "[DONE]": "done",
    " [DONE] ": "done",
    '{"choices":[{"delta":{"content":"[DONE]"}}]}': "content",
    '{"choices":[{"delta":{"content":"a"}}],"usage":null}': "content",
    '{"choices":[{"delta":{"content":"\\"usage\\":{\\"prompt_tokens\\":9}"}}]}': "content",
    '{"choices":[{"delta":{"role":"assistant","content":""}}]}': "other",
    '{"choices":[{"delta":{},"finish_reason":"stop"}]}': "other",
    '{"choices":[{"delta":{"reasoning_content":"hm"}}]}': "content",
    '{"choices":[{"delta":{"tool_calls":[{"function":{"arguments":"{"}}]}}]}': "content",
    '{"choices":[{"text":"a"}]}': "content",
    [`{"choices":[],${USAGE}}`]: "usage",
    [`{ "choices" : [ ] , ${USAGE.replace(":", " : ")} }`]: "usage",
    [`{"choices":[{"delta":{"content":"a"}}],${USAGE}}`]: "content",
    [`{"choices":[{"delta":{},"finish_reason":"stop"}],${USAGE}}`]: "other",
    '{"choices":[],"usage":{"other":1}}': "other",
    '{"usage":{ broken': "other",
  };
  for (const [data, kind] of Object.entries(cases)) {
    test(data, () => expect(new StreamMeter().read(event(data))).toBe(kind as "content"));
  }
});

test("stream meter: usage wins over counting, the latest over earlier ones", () => {
  const meter = new StreamMeter();
  expect(meter.tokens()).toEqual({ promptTokens: null, completionTokens: null, source: "none" });
  meter.read(event('{"choices":[{"text":"a"}]}'));
  expect(meter.tokens()).toEqual({ promptTokens: null, completionTokens: 1, source: "counted" });
  for (const count of [1, 2]) {
    meter.read(event(`{"choices":[{"text":"a"}],"usage":{"prompt_tokens":7,"completion_tokens":${count}}}`));
  }
  expect(meter.tokens()).toEqual({ promptTokens: 7, completionTokens: 2, source: "backend" });
});

describe("body meter: the top-level usage, in pieces of any size", () => {
  const tokensOf = (text: string, size = text.length || 1) => {
    const meter = new BodyMeter();
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; at += size) meter.push(bytes.subarray(at, at + size));
    return meter.tokens();
  };

  test("wherever it stands, whatever stands beside it", () => {
    const decoys = fc.dictionary(
      fc.string(),
      fc.oneof(fc.jsonValue(), fc.constant({ usage: { prompt_tokens: 99 } }), fc.constant(`"usage":{}`)),
    );
    fc.assert(
      fc.property(decoys, decoys, fc.integer({ min: 1, max: 40 }), (before, after, size) => {
        const members = [before, after].map((object) => {
          delete object.usage;
          return JSON.stringify(object).slice(1, -1);
        });
        const text = `{${[members[0], USAGE, members[1]].filter(Boolean).join(" , ")}}`;
        expect(tokensOf(text, size)).toEqual({ promptTokens: 7, completionTokens: 5, source: "backend" });
      }),
    );
  });

  test("whatever the bytes are, it neither fails nor keeps them", () => {
    fc.assert(fc.property(fc.string(), fc.integer({ min: 1, max: 5 }), (text, size) => void tokensOf(text, size)));
    const meter = new BodyMeter();
    const mega = Buffer.alloc(1 << 20, 0x61);
    meter.push(Buffer.from(`{"usage":"`));
    for (let i = 0; i < 64; i++) meter.push(mega);
    expect(meter.tokens().source).toBe("none");
  });

  test("no usage, an empty one, a wrong one", () => {
    for (const text of [
      `{}`,
      `{"usage":null}`,
      `{"usage":{}}`,
      `{"usage":{"prompt_tokens":-1}}`,
      `{"usage":7}`,
      `[]`,
    ]) {
      expect(tokensOf(text).source).toBe("none");
    }
  });
});
