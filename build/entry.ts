// Where a program begins: reads a file's headers as its system's loader does, and looks whether there is code in the file.
import type { Machine } from "./inspect.ts";

const PF_EXECUTE = 1;
const PT_LOAD = 1;
const LC_SEGMENT_64 = 0x19;
const LC_MAIN = 0x80000028;
const VM_PROT_EXECUTE = 4;
const IMAGE_SCN_MEM_EXECUTE = 0x20000000;

/** A piece of the file that is mapped, in the numbers in which the entry is told. */
interface Piece {
  readonly name: string;
  readonly start: bigint;
  readonly fileStart: number;
  readonly fileSize: number;
  readonly executable: boolean;
}

/** @returns what is wrong; undefined when all pieces lie in the file and the entry is in one that may run */
export function entryFault(file: Buffer, format: Machine["format"]): string | undefined {
  try {
    const { entry, pieces } = READERS[format](file);
    const outside = pieces.find(({ fileStart, fileSize }) => fileStart + fileSize > file.length);
    if (outside) return `its part ${outside.name} ends behind the file's end`;
    const code = pieces.find(({ start, fileSize }) => entry >= start && entry < start + BigInt(fileSize));
    if (entry === 0n || !code?.executable) return "its entry is not in code";
    return undefined;
  } catch (error) {
    if (error instanceof RangeError) return "its headers point out of the file";
    throw error;
  }
}

/** Throws a RangeError where a reader would never get on. */
export function commandSize(file: Buffer, at: number): number {
  const size = file.readUInt32LE(at + 4);
  if (size < 8) throw new RangeError("a load command without a size");
  return size;
}

const READERS: Readonly<Record<Machine["format"], (file: Buffer) => { entry: bigint; pieces: Piece[] }>> = {
  ELF(file) {
    const [table, size, count] = [Number(file.readBigUInt64LE(32)), file.readUInt16LE(54), file.readUInt16LE(56)];
    const headers = Array.from({ length: count }, (_, i) => table + i * size);
    const pieces = headers
      .filter((at) => file.readUInt32LE(at) === PT_LOAD)
      .map((at, i) => ({
        name: `${i}`,
        start: file.readBigUInt64LE(at + 16),
        fileStart: Number(file.readBigUInt64LE(at + 8)),
        fileSize: Number(file.readBigUInt64LE(at + 32)),
        executable: (file.readUInt32LE(at + 4) & PF_EXECUTE) !== 0,
      }));
    return { entry: file.readBigUInt64LE(24), pieces };
  },

  "Mach-O"(file) {
    const pieces: Piece[] = [];
    let entry = 0n;
    let at = 32;
    for (let left = file.readUInt32LE(16); left > 0; left--) {
      const command = file.readUInt32LE(at);
      // It counts from the file's start, which is that of __TEXT.
      if (command === LC_MAIN) entry = file.readBigUInt64LE(at + 8);
      if (command === LC_SEGMENT_64)
        pieces.push({
          name: file.toString("latin1", at + 8, at + 24).replace(/\0.*/, ""),
          start: file.readBigUInt64LE(at + 40),
          fileStart: Number(file.readBigUInt64LE(at + 40)),
          fileSize: Number(file.readBigUInt64LE(at + 48)),
          executable: (file.readUInt32LE(at + 60) & VM_PROT_EXECUTE) !== 0,
        });
      at += commandSize(file, at);
    }
    return { entry, pieces };
  },

  PE(file) {
    const header = file.readUInt32LE(0x3c);
    const table = header + 24 + file.readUInt16LE(header + 20);
    const headers = Array.from({ length: file.readUInt16LE(header + 6) }, (_, i) => table + 40 * i);
    const pieces = headers.map((at) => ({
      name: file.toString("latin1", at, at + 8).replace(/\0.*/, ""),
      start: BigInt(file.readUInt32LE(at + 12)),
      fileStart: file.readUInt32LE(at + 20),
      fileSize: file.readUInt32LE(at + 16),
      executable: (file.readUInt32LE(at + 36) & IMAGE_SCN_MEM_EXECUTE) !== 0,
    }));
    return { entry: BigInt(file.readUInt32LE(header + 40)), pieces };
  },
};
