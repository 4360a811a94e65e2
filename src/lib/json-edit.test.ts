import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { editTopLevel, topLevelValue } from "./json-edit.ts";
import { quickEdit } from "./json-quick-edit.ts";
import { JsonScanner } from "./json-scan.ts";

/** Both ways must agree on every input. */
function edit(text: string, members: Record<string, string>): string {
  const edited = Buffer.from(editTopLevel(Buffer.from(text), members)).toString();
  expect(quickEdit(text, JSON.parse(text), members) ?? edited).toBe(edited);
  return edited;
}

describe("only the top-level member changes", () => {
  const cases: Record<string, [input: string, output: string]> = {
    plain: [`{"model":"a","n":1}`, `{"model":"x","n":1}`],
    "white space stays": [`\n{ "model" :\t"a" , "n" : 1 }\n`, `\n{ "model" :\t"x" , "n" : 1 }\n`],
    "big integers and number spelling stay": [
      `{"seed":12345678901234567890,"t":1.50e+1,"model":"a"}`,
      `{"seed":12345678901234567890,"t":1.50e+1,"model":"x"}`,
    ],
    "nested members stay": [
      `{"messages":[{"model":"a"}],"o":{"model":"a"},"model":"a"}`,
      `{"messages":[{"model":"a"}],"o":{"model":"a"},"model":"x"}`,
    ],
    'prompt that contains "model":"x"': [
      String.raw`{"prompt":"say \"model\":\"a\", or {\"model\": \"a\"}","model":"a"}`,
      String.raw`{"prompt":"say \"model\":\"a\", or {\"model\": \"a\"}","model":"x"}`,
    ],
    "a value that reads like the key": [`{"a":"model","model":"a"}`, `{"a":"model","model":"x"}`],
    "every duplicate": [`{"model":"a","b":1,"model":"c"}`, `{"model":"x","b":1,"model":"x"}`],
    "an escaped key": [String.raw`{"mod\u0065l":"a"}`, String.raw`{"mod\u0065l":"x"}`],
    "a value of any kind": [`{"model":{"a":[1,"}"]},"b":null}`, `{"model":"x","b":null}`],
    "a string that ends in a backslash": [String.raw`{"a":"\\","model":"a"}`, String.raw`{"a":"\\","model":"x"}`],
    "an escaped duplicate": [String.raw`{"model":"a","\u006dodel":"b"}`, String.raw`{"model":"x","\u006dodel":"x"}`],
    "a value spelled with escapes": [String.raw`{"model":"\u0061\/b"}`, `{"model":"x"}`],
    "a value beyond ASCII": [`{"model":"größe-模型"}`, `{"model":"x"}`],
    "an empty value": [`{"model":""}`, `{"model":"x"}`],
    "absent: added": [`{"a":1 }`, `{"a":1 ,"model":"x"}`],
    "absent from an empty object": [`{ }`, `{ "model":"x"}`],
  };
  for (const [name, [input, output]] of Object.entries(cases)) {
    test(name, () => {
      expect(edit(input, { model: `"x"` })).toBe(output);
      expect(JSON.parse(output)).toMatchObject({ model: "x" });
    });
  }

  test("the quick way takes what is spelled plainly, and nothing else", () => {
    const quick = (text: string) => quickEdit(text, JSON.parse(text), { model: `"x"` });
    expect(quick(`{ "model" : "a","n":[1] }`)).toBe(`{ "model" : "x","n":[1] }`);
    expect(quick(`{"n":"é"}`)).toBe(`{"n":"é","model":"x"}`);
    const doubtful = [`{}`, `{"model":1}`, `{"model":"a","model":"b"}`, `{"o":{"model":"a"},"model":"b"}`];
    doubtful.push(String.raw`{"model":"a","\u006dodel":"b"}`, String.raw`{"model":"\/"}`, `{"v":"model","model":"b"}`);
    for (const text of doubtful) expect(quick(text)).toBeUndefined();
  });

  test("several members in one pass", () => {
    expect(edit(`{"a":1,"b":2}`, { b: "3", c: "[]", d: "{}" })).toBe(`{"a":1,"b":3,"c":[],"d":{}}`);
  });

  test("nothing to change: the very same bytes", () => {
    const bytes = Buffer.from(`{"model":"x"}`);
    expect(editTopLevel(bytes, { model: `"x"` })).toBe(bytes);
  });
});

test("topLevelValue gives the last duplicate, as JSON.parse does", () => {
  const bytes = Buffer.from(`{"o":{"a":1},"p":{"o":9},"o": {"a":2} }`);
  expect(Buffer.from(topLevelValue(bytes, "o") ?? []).toString()).toBe(`{"a":2}`);
  expect(topLevelValue(bytes, "a")).toBeUndefined();
});

describe("against JSON.parse, on any object", () => {
  const key = fc.oneof(fc.constantFrom("model", "stream", "__proto__"), fc.string({ unit: "grapheme" }));
  const object = fc.dictionary(key, fc.jsonValue(), { noNullPrototype: false });
  const text = fc.tuple(object, fc.constantFrom(0, 1, 2)).map(([value, indent]) => JSON.stringify(value, null, indent));

  test("the edited member has the new value, and all others their old ones", () => {
    fc.assert(
      fc.property(text, key, fc.jsonValue(), (source, name, value) => {
        const edited = JSON.parse(edit(source, { [name]: JSON.stringify(value) }));
        const expected = new Map(Object.entries(JSON.parse(source)));
        expected.set(name, JSON.parse(JSON.stringify(value)));
        expect(new Map(Object.entries(edited))).toEqual(expected);
      }),
    );
  });

  test("a model of any spelling, among members of any kind", () => {
    const model = fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("model", '"model"', "\\", "\\u006d"));
    const spelled = model.chain((value) =>
      fc.constantFrom(
        JSON.stringify(value),
        JSON.stringify(value).replace(/[a-z]/g, (c) => `\\u00${c.charCodeAt(0).toString(16)}`),
      ),
    );
    fc.assert(
      fc.property(object, spelled, model, fc.boolean(), (others, value, name, first) => {
        const rest = JSON.stringify(others).slice(1, -1);
        const parts = rest === "" ? [`"model":${value}`] : [rest, `"model" : ${value}`];
        const source = `{${(first ? parts.reverse() : parts).join(",")}}`;
        fc.pre(canParse(source));
        edit(source, { model: JSON.stringify(name), stream_options: "{}" });
      }),
    );
  });

  test("the bytes before and after the value are unchanged", () => {
    fc.assert(
      fc.property(text, key, (source, name) => {
        const bytes = Buffer.from(source);
        const old = topLevelValue(bytes, name);
        fc.pre(old !== undefined);
        const start = (old?.byteOffset ?? 0) - bytes.byteOffset;
        const before = bytes.subarray(0, start).toString();
        const after = bytes.subarray(start + (old?.length ?? 0)).toString();
        expect(edit(source, { [name]: `"new"` })).toBe(`${before}"new"${after}`);
      }),
    );
  });

  test("in pieces of any size the scanner reports the same", () => {
    const report = (pieces: Uint8Array[]) => {
      const seen: unknown[] = [];
      const scanner = new JsonScanner({
        key: (...at) => seen.push(["key", ...at]),
        valueBegins: (at) => seen.push(["begins", at]),
        value: (...at) => seen.push(["value", ...at]),
      });
      for (const piece of pieces) scanner.push(piece);
      return seen;
    };
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 9 }), (source, size) => {
        const bytes = Buffer.from(source);
        const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
          bytes.subarray(i * size, (i + 1) * size),
        );
        expect(report(pieces)).toEqual(report([bytes]));
      }),
    );
  });
});

function canParse(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
