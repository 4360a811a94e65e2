import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { FramingError } from "../http-error.ts";
import { ResponseParser } from "./response-parser.ts";

interface Outcome {
  readonly status: number | undefined;
  readonly body: string;
  readonly whole: boolean;
  readonly reusable: boolean;
}

/** What comes of those reads and the end of the connection; undefined for what is refused. */
function parse(reads: readonly Buffer[], toHead = false): Outcome | undefined {
  let status: number | undefined;
  let body = "";
  const parser = new ResponseParser(toHead, {
    head: (head) => {
      status = head.status;
    },
    body: (bytes) => {
      body += Buffer.from(bytes).toString("latin1");
    },
  });
  try {
    for (const read of reads) parser.push(read);
  } catch (error) {
    expect(error).toBeInstanceOf(FramingError);
    return undefined;
  }
  const reusable = parser.reusable;
  return { status, whole: parser.end(), body, reusable };
}

/** The same by other means: the whole text at once, and lenient. undefined when no whole answer begins it. */
function reference(text: string): { status: number; body: string; rest: string } | undefined {
  const head = /^HTTP\/1\.[01] (\d{3})[^\n]*\n((?:[^\r\n][^\n]*\n)*)\r?\n/.exec(text);
  if (!head) return undefined;
  const [all, status, fields = ""] = head;
  const after = text.slice(all.length);
  if (status?.startsWith("1")) return reference(after);
  const none = { status: Number(status), body: "", rest: after };
  if (status === "204" || status === "304") return none;
  if (/^transfer-encoding:/im.test(fields)) return referenceChunks(none, "", after);
  const length = /^content-length:[ \t]*(\d+)/im.exec(fields)?.[1];
  if (length === undefined) return { ...none, body: after, rest: "" };
  const body = after.slice(0, Number(length));
  return body.length < Number(length) ? undefined : { ...none, body, rest: after.slice(body.length) };
}

function referenceChunks(none: { status: number }, body: string, text: string): ReturnType<typeof reference> {
  const line = /^([\da-f]+)[^\n]*\n/i.exec(text);
  if (!line) return undefined;
  const size = Number.parseInt(line[1] ?? "", 16);
  const after = text.slice(line[0].length);
  if (size > 0) {
    if (after.length < size + 2) return undefined;
    return referenceChunks(none, body + after.slice(0, size), after.slice(size + 2));
  }
  const trailer = /^(?:[^\r\n][^\n]*\n)*\r?\n/.exec(after);
  return trailer ? { ...none, body, rest: after.slice(trailer[0].length) } : undefined;
}

const latin1 = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1");
const fieldText = fc.string({ unit: fc.constantFrom(..."abcXYZ-0189"), minLength: 1, maxLength: 12 });
const fields = fc.array(
  fc.tuple(fieldText, fieldText).map(([name, value]) => `x-${name}: ${value}\r\n`),
  { maxLength: 5 },
);
const content = fc.uint8Array({ maxLength: 300 }).map(latin1);
const chunk = fc
  .tuple(
    content.filter((text) => text.length > 0),
    fc.constantFrom("", ";a", ' ; a="b"'),
  )
  .map(([text, extension]) => ({ text, wire: `${text.length.toString(16)}${extension}\r\n${text}\r\n` }));
const framed = fc.oneof(
  content.map((text) => ({ text, header: `Content-Length: ${text.length}\r\n`, wire: text })),
  content.map((text) => ({ text, header: "", wire: text })),
  fc.tuple(fc.array(chunk, { maxLength: 8 }), fields).map(([chunks, trailer]) => ({
    text: chunks.map(({ text }) => text).join(""),
    header: "Transfer-Encoding: Chunked\r\n",
    wire: `${chunks.map(({ wire }) => wire).join("")}0\r\n${trailer.join("")}\r\n`,
  })),
);
const answer = fc
  .record({
    informational: fc.nat(3),
    status: fc.integer({ min: 200, max: 599 }),
    before: fields,
    after: fields,
    framed,
  })
  .filter(({ status }) => status !== 204 && status !== 304)
  .map(({ informational, status, before, after, framed: { text, header, wire } }) => ({
    text,
    status,
    bytes: Buffer.from(
      `${"HTTP/1.1 103 Early Hints\r\nlink: <a>\r\n\r\n".repeat(informational)}HTTP/1.1 ${status} Why\r\n` +
        `${before.join("")}${header}${after.join("")}\r\n${wire}`,
      "latin1",
    ),
  }));
const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 });

function cut(bytes: Buffer, at: readonly number[]): Buffer[] {
  const places = [...new Set([0, ...at.map((share) => Math.floor(share * bytes.length)), bytes.length])].toSorted(
    (a, b) => a - b,
  );
  return places.slice(1).map((end, i) => bytes.subarray(places[i], end));
}

describe("however the bytes are cut", () => {
  test("any answer is read the same", () => {
    fc.assert(
      fc.property(answer, cuts, ({ bytes, status, text }, at) => {
        const outcome = parse(cut(bytes, at));
        expect(outcome).toMatchObject({ status, body: text, whole: true });
        expect(outcome).toEqual(parse([bytes]));
        expect(outcome).toEqual(parse([...bytes].map((byte) => Buffer.of(byte))));
      }),
    );
  });

  test("an answer that was cut short is never whole, unless only the end can tell", () => {
    fc.assert(
      fc.property(answer, fc.double({ min: 0, max: 0.999, noNaN: true }), ({ bytes }, share) => {
        const short = bytes.subarray(0, Math.floor(share * bytes.length));
        const outcome = parse([short]);
        if (outcome?.whole) expect(reference(short.toString("latin1"))?.body).toBe(outcome.body);
      }),
      { numRuns: 1000 },
    );
  });

  test("mutated bytes are refused, or whole only where a lenient reader finds the same answer", () => {
    const changes = fc.array(fc.tuple(fc.double({ min: 0, max: 0.999, noNaN: true }), fc.nat(255)), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(answer, changes, cuts, ({ bytes }, list, at) => {
        const mutated = Buffer.from(bytes);
        for (const [share, byte] of list) mutated[Math.floor(share * mutated.length)] = byte;
        const outcome = parse(cut(mutated, at));
        expect(outcome).toEqual(parse([mutated]));
        if (!outcome?.whole) return;
        const expected = reference(mutated.toString("latin1"));
        expect(outcome).toMatchObject({ status: expected?.status, body: expected?.body });
        if (expected?.rest !== "") expect(outcome.reusable).toBeFalse();
      }),
      { numRuns: 3000 },
    );
  });
});

describe("whether the connection may carry another request", () => {
  const OK = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
  const reusable = (text: string, toHead = false) => parse([Buffer.from(text, "latin1")], toHead)?.reusable;

  test("after an end that is certain, with nothing behind it", () => {
    expect(reusable(OK)).toBeTrue();
    expect(reusable(`${OK}x`)).toBeFalse();
    expect(reusable(OK.slice(0, -1))).toBeFalse();
    expect(reusable("HTTP/1.1 200 OK\r\n\r\nok")).toBeFalse();
    expect(reusable("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n", true)).toBeTrue();
  });

  test("unless the server says that it closes, or is of HTTP/1.0", () => {
    for (const said of ["close", "Close", "x, close", "keep-alive,close"]) {
      expect(reusable(OK.replace("OK\r\n", `OK\r\nConnection: ${said}\r\n`))).toBeFalse();
    }
    expect(reusable(OK.replace("OK\r\n", "OK\r\nConnection: keep-alive\r\n"))).toBeTrue();
    expect(reusable(OK.replace("1.1", "1.0"))).toBeFalse();
  });
});

test("values lose the blanks around them and nothing else", () => {
  let fieldsRead: readonly string[] = [];
  const parser = new ResponseParser(false, {
    head: (head) => {
      fieldsRead = head.fields;
    },
    body: () => {},
  });
  parser.push(Buffer.from("HTTP/1.1 200 OK\r\nX-A: \t a \xa0\t b:c \t\r\nx-b:\r\nX-A:d\r\n\r\n", "latin1"));
  expect(fieldsRead).toEqual(["x-a", "a \xa0\t b:c", "x-b", "", "x-a", "d"]);
});
