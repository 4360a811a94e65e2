import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { SseSplitter } from "./sse.ts";

const bytes = (text: string) => Buffer.from(text);

function split(...chunks: Uint8Array[]) {
  const splitter = new SseSplitter();
  const events = chunks.flatMap((chunk) => splitter.push(chunk));
  return { events, rest: splitter.rest() };
}

const rawOf = (...texts: string[]) =>
  split(...texts.map(bytes)).events.map((event) => Buffer.from(event.raw).toString());

describe("whole events, with their blank lines", () => {
  const cases: Record<string, { input: string[]; events: string[] }> = {
    LF: { input: ["data: a\n\ndata: b\n\n"], events: ["data: a\n\n", "data: b\n\n"] },
    "CR LF": { input: ["data: a\r\n\r\ndata: b\r\n\r\n"], events: ["data: a\r\n\r\n", "data: b\r\n\r\n"] },
    CR: { input: ["data: a\r\rdata: b\r\r"], events: ["data: a\r\r", "data: b\r\r"] },
    mixed: {
      input: ["data: a\n\r\ndata: b\r\n\ndata: c\r\n\rdata: d"],
      events: ["data: a\n\r\n", "data: b\r\n\n", "data: c\r\n\r"],
    },
    "several lines are one event": {
      input: ["event: x\ndata: 1\ndata: 2\n\n"],
      events: ["event: x\ndata: 1\ndata: 2\n\n"],
    },
    "in pieces": { input: ["da", "ta: a\n", "\nda"], events: ["data: a\n\n"] },
    "CR LF split between CR and LF": {
      input: ["data: a\r", "\n\r", "\ndata: b\r\n\r", "\n"],
      events: ["data: a\r\n\r\n", "data: b\r\n\r\n"],
    },
    "CR alone does not wait for what follows": { input: ["data: a\r\r", "data: b\r"], events: ["data: a\r\r"] },
    "an LF that follows such a CR nevertheless": {
      input: ["data: a\n\r", "\ndata: b\n\n"],
      events: ["data: a\n\r", "\ndata: b\n\n"],
    },
  };
  for (const [name, { input, events }] of Object.entries(cases)) {
    test(name, () => expect(rawOf(...input)).toEqual(events));
  }

  test("what is not whole stays back until asked for", () => {
    const { events, rest } = split(bytes("data: a\n\ndata: half"));
    expect(events.length).toBe(1);
    expect(rest?.data()).toBe("half");
    expect(split(bytes("data: a\n\n")).rest).toBeUndefined();
  });
});

describe("data", () => {
  const cases: Record<string, string | undefined> = {
    "data: [DONE]\n\n": "[DONE]",
    "data:no space\n\n": "no space",
    "data:  two spaces\n\n": " two spaces",
    "data: a\r\ndata: b\r\n\r\n": "a\nb",
    "event: x\nid: 1\ndata: a\n\n": "a",
    ": comment\n\n": undefined,
    "database: no\n\n": undefined,
    "data\n\n": "",
    "\ndata: after the LF of a CR LF\n\n": "after the LF of a CR LF",
  };
  for (const [raw, data] of Object.entries(cases)) {
    test(JSON.stringify(raw), () => expect(split(bytes(raw)).events.at(-1)?.data()).toBe(data));
  }
});

test("an event without end is refused at the limit, in one piece or in many", () => {
  const long = bytes("x".repeat(60));
  expect(() => new SseSplitter(100).push(Buffer.concat([long, long]))).toThrow("larger than 100 bytes");
  const splitter = new SseSplitter(100);
  splitter.push(long);
  expect(() => splitter.push(long)).toThrow("larger than 100 bytes");
});

describe("split at any byte", () => {
  const line = fc.oneof(
    fc.string({ unit: "grapheme", maxLength: 8 }).map((text) => `data: ${text.replace(/[\r\n]/g, "")}`),
    fc.constantFrom("", ":", "event: x", "data"),
  );
  const stream = fc
    .array(fc.tuple(line, fc.constantFrom("\n", "\r\n", "\r")), { maxLength: 20 })
    .map((lines) => bytes(lines.map((pair) => pair.join("")).join("")));
  const chunked = stream.chain((whole) =>
    fc.array(fc.nat(whole.length), { maxLength: 12 }).map((cuts) => {
      const at = [0, ...cuts.sort((a, b) => a - b), whole.length];
      return { whole, chunks: at.slice(1).map((end, i) => whole.subarray(at[i], end)) };
    }),
  );

  test("no byte is lost, added or moved", () => {
    fc.assert(
      fc.property(chunked, ({ whole, chunks }) => {
        const { events, rest } = split(...chunks);
        const out = Buffer.concat([...events.map(({ raw }) => raw), rest?.raw ?? new Uint8Array()]);
        expect(out.equals(whole)).toBeTrue();
      }),
    );
  });

  test("with one kind of line end the events are the same bytes however they come", () => {
    fc.assert(
      fc.property(chunked, fc.constantFrom("\n", "\r\n", "\r"), fc.nat(9), ({ whole }, end, size) => {
        const text = bytes(`data: first\n${whole}`.replace(/\r\n|\n|\r/g, end));
        const pieces = Array.from({ length: Math.ceil(text.length / (size + 1)) }, (_, i) =>
          text.subarray(i * (size + 1), (i + 1) * (size + 1)),
        );
        const rawOf = (...input: Uint8Array[]) => {
          const { events, rest } = split(...input);
          return [...events, ...(rest ? [rest] : [])].map(({ raw }) => Buffer.from(raw).toString());
        };
        expect(rawOf(...pieces)).toEqual(rawOf(text));
      }),
    );
  });

  test("the events mean the same however they come", () => {
    fc.assert(
      fc.property(chunked, ({ whole, chunks }) => {
        const dataOf = (...pieces: Uint8Array[]) => {
          const { events, rest } = split(...pieces);
          return [...events.map((event) => event.data()), rest?.data()].filter((data) => data !== undefined);
        };
        expect(dataOf(...chunks)).toEqual(dataOf(whole));
      }),
    );
  });
});
