// Content on disk: as CARs, verified again when they are read; the least recently used go when there are too many bytes.
import { randomUUID } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import type { CID } from "multiformats/cid";
import type { Clock } from "../core/clock.ts";
import { messageOf } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import type { Verified, Want } from "./assemble.ts";
import { mostCarBytes, readCar, writeCar } from "./car.ts";
import { IpfsError } from "./errors.ts";

export interface Cache {
  /** Undefined: it is not there, or no longer what it was. */
  read(cid: CID, want: Want): Promise<Verified | undefined>;
  /** A disk that is full or gone is logged: the content is in hand all the same. */
  write(cid: CID, content: Verified): Promise<void>;
}

export interface CacheOptions {
  readonly dir: string;
  /** 0: nothing is kept. */
  readonly maxBytes: number;
  readonly clock: Clock;
  readonly log: Log;
}

const KEPT = /^b[a-z2-7]+\.car$/;
const PARTIAL = /^\.[0-9a-f-]{36}\.tmp$/;
/** Nobody writes for so long: its writer was killed. */
const ABANDONED_MS = 3_600_000;

/** Several processes may share the folder: a name is only ever a whole file, and a file's time is its last use. */
export function openCache({ dir, maxBytes, clock, log }: CacheOptions): Cache {
  // Both versions of a CID name the same content.
  const pathOf = (cid: CID) => join(dir, `${cid.toV1()}.car`);

  return {
    async read(cid, want) {
      const path = pathOf(cid);
      try {
        // Larger than is wanted, or not ours.
        if ((await stat(path)).size > mostCarBytes(want.maxBytes)) return undefined;
        const content = await readCar(cid, await readFile(path), want);
        await touch(path);
        return content;
      } catch (error) {
        want.signal.throwIfAborted();
        if (isMissing(error)) return undefined;
        if (error instanceof IpfsError && error.code === "content_too_large") throw error;
        log.warn({ reason: messageOf(error) }, "content in the IPFS cache is damaged; it is fetched anew");
        await rm(path, { force: true }).catch(() => {});
        return undefined;
      }
    },

    async write(cid, content) {
      const size = content.blocks.reduce((sum, { bytes }) => sum + bytes.length, 0);
      if (size > maxBytes || content.blocks.length === 0) return;
      try {
        await mkdir(dir, { recursive: true, mode: 0o700 });
        await writeWhole(pathOf(cid), writeCar(cid, content.blocks));
        await touch(pathOf(cid));
        await shrink();
      } catch (error) {
        log.warn({ reason: messageOf(error) }, "content could not be kept in the IPFS cache");
      }
    },
  };

  async function touch(path: string): Promise<void> {
    const now = new Date(clock.now());
    // Another process may have taken it away.
    await utimes(path, now, now).catch(() => {});
  }

  async function writeWhole(path: string, parts: AsyncIterable<Uint8Array>): Promise<void> {
    const temporary = join(dir, `.${randomUUID()}.tmp`);
    const file = await open(temporary, "wx", 0o600);
    try {
      for await (const part of parts) await file.writeFile(part);
      await file.close();
      await rename(temporary, path);
    } catch (error) {
      await file.close().catch(() => {});
      await rm(temporary, { force: true });
      throw error;
    }
  }

  async function shrink(): Promise<void> {
    const kept: { path: string; size: number; used: number }[] = [];
    for (const name of await readdir(dir)) {
      const path = join(dir, name);
      const stats = await stat(path).catch(() => undefined);
      if (!stats?.isFile()) continue;
      if (KEPT.test(name)) kept.push({ path, size: stats.size, used: stats.mtimeMs });
      else if (PARTIAL.test(name) && stats.mtimeMs < clock.now() - ABANDONED_MS) await rm(path, { force: true });
    }
    let bytes = kept.reduce((sum, { size }) => sum + size, 0);
    for (const { path, size } of kept.toSorted((a, b) => a.used - b.used)) {
      if (bytes <= maxBytes) return;
      await rm(path, { force: true });
      bytes -= size;
    }
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
