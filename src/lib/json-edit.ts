// Replaces top-level members of a JSON object in its bytes: every other byte stays, numbers and white space too.
import { JsonScanner } from "./json-scan.ts";

const CLOSE_BRACE = 0x7d;

interface Member {
  readonly key: string;
  readonly start: number;
  readonly end: number;
}

/**
 * @param object  UTF-8 of a valid JSON object
 * @param members JSON text by key: every duplicate of a key is replaced, an absent key is added
 * @returns the same array when nothing changes
 */
export function editTopLevel(object: Uint8Array, members: Readonly<Record<string, string>>): Uint8Array {
  const wanted = new Map(Object.entries(members));
  const pieces: (Uint8Array | string)[] = [];
  let from = 0;
  let changed = false;
  const found = topLevelMembers(object);
  for (const { key, start, end } of found) {
    const value = wanted.get(key);
    if (value === undefined || utf8(object, start, end) === value) continue;
    pieces.push(object.subarray(from, start), value);
    from = end;
    changed = true;
  }
  const present = new Set(found.map(({ key }) => key));
  const absent = [...wanted].filter(([key]) => !present.has(key));
  if (absent.length > 0) {
    const text = absent.map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(",");
    const close = object.lastIndexOf(CLOSE_BRACE);
    pieces.push(object.subarray(from, close), found.length > 0 ? `,${text}` : text);
    from = close;
    changed = true;
  }
  if (!changed) return object;
  pieces.push(object.subarray(from));
  return Buffer.concat(pieces.map((piece) => (typeof piece === "string" ? Buffer.from(piece) : piece)));
}

/** The bytes of that member's value, of the last one when the key is repeated, as JSON.parse reads it. */
export function topLevelValue(object: Uint8Array, key: string): Uint8Array | undefined {
  const member = topLevelMembers(object).findLast((candidate) => candidate.key === key);
  return member && object.subarray(member.start, member.end);
}

function topLevelMembers(object: Uint8Array): Member[] {
  const members: Member[] = [];
  let key = "";
  const scanner = new JsonScanner({
    key: (start, end) => {
      key = JSON.parse(utf8(object, start, end));
    },
    value: (start, end) => members.push({ key, start, end }),
  });
  scanner.push(object);
  return members;
}

function utf8(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString();
}
