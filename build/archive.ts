// Packs the files of a release so that the same files give the same bytes, whenever and wherever it is done.
import { type Zippable, zipSync } from "fflate";
import { pack } from "tar-stream";

export interface PackedFile {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly executable: boolean;
}

/** The first day that both formats know. */
const EPOCH = new Date("1980-01-01T00:00:00Z");
const UNIX = 3;

/**
 * With all of them in `folder`, owned by root.
 * @param level 0, stored as it is, only where nobody downloads it: the best takes many seconds
 */
export async function tarGz(folder: string, files: readonly PackedFile[], level: 0 | 9 = 9): Promise<Uint8Array> {
  const archive = pack();
  for (const { name, bytes, executable } of files)
    archive.entry({ name: `${folder}/${name}`, mode: modeOf(executable), mtime: EPOCH }, Buffer.from(bytes));
  const chunks: Uint8Array[] = [];
  archive.finalize();
  for await (const chunk of archive) if (chunk instanceof Uint8Array) chunks.push(chunk);
  return Bun.gzipSync(Buffer.concat(chunks), { level });
}

export function zip(folder: string, files: readonly PackedFile[]): Uint8Array {
  const entries: Zippable = {};
  for (const { name, bytes, executable } of files) {
    // The upper half of the attributes is the Unix mode of a plain file.
    const attrs = ((0o100000 | modeOf(executable)) << 16) >>> 0;
    // The format has local times: this is the first day of 1980 in all of them.
    entries[`${folder}/${name}`] = [bytes, { level: 9, os: UNIX, attrs, mtime: new Date(1980, 0, 1) }];
  }
  return zipSync(entries);
}

function modeOf(executable: boolean): number {
  return executable ? 0o755 : 0o644;
}
