// The program file out of a release's archive; of what else is in it, nothing is written anywhere.
import { unzipSync } from "fflate";
import { messageOf } from "../core/errors.ts";
import { UpdateError } from "./errors.ts";

const PROGRAM = /^[^/\\]+\/fxn(?:\.exe)?$/;

/** Throws UpdateError. */
export async function programOf({ name, bytes }: { name: string; bytes: Uint8Array }): Promise<Uint8Array> {
  try {
    const found = name.endsWith(".zip") ? fromZip(bytes) : await fromTarGz(bytes);
    const [program, second] = found;
    if (!program || second) throw new Error(`it holds ${found.length} program files, not one`);
    return program;
  } catch (cause) {
    throw new UpdateError("archive_wrong", 502, `${name} cannot be unpacked: ${messageOf(cause)}`, { cause });
  }
}

function fromZip(bytes: Uint8Array): Uint8Array[] {
  return Object.values(unzipSync(bytes, { filter: ({ name }) => PROGRAM.test(name) }));
}

async function fromTarGz(bytes: Uint8Array): Promise<Uint8Array[]> {
  const files = await new Bun.Archive(bytes).files();
  return Promise.all([...files].flatMap(([name, file]) => (PROGRAM.test(name) ? [file.bytes()] : [])));
}
