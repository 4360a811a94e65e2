// A real Nostr relay on loopback, where one is installed: nostr-relay (Python), in PATH or as $NOSTR_RELAY.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AbstractRelay } from "nostr-tools/abstract-relay";
import type { Filter } from "nostr-tools/filter";
import { type Event, verifyEvent } from "nostr-tools/pure";

/** Undefined where it is not installed. */
export const PYTHON_RELAY = Bun.which(process.env.NOSTR_RELAY ?? "nostr-relay") ?? undefined;

export interface RealRelay {
  readonly url: string;
  read(filter: Filter): Promise<Event[]>;
  stop(): Promise<void>;
}

export async function realRelay(): Promise<RealRelay> {
  const folder = mkdtempSync(join(tmpdir(), "fxn-relay-"));
  const free = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response() });
  const { port } = free;
  await free.stop(true);
  const config = join(folder, "config.yaml");
  writeFileSync(config, configOf(folder, port ?? 0));
  const child = Bun.spawn([PYTHON_RELAY ?? "", "-c", config, "serve"], {
    cwd: folder,
    stdout: "ignore",
    stderr: "ignore",
  });
  const url = `ws://127.0.0.1:${port}/`;
  await untilUp(url);
  return {
    url,
    async read(filter) {
      const relay = await AbstractRelay.connect(url, { verifyEvent });
      const events: Event[] = [];
      await new Promise<void>((resolve) => {
        relay.subscribe([filter], { onevent: (event) => events.push(event), oneose: resolve });
      });
      relay.close();
      return events.map(({ id, pubkey, created_at, kind, tags, content, sig }) => ({
        pubkey,
        created_at,
        kind,
        tags,
        content,
        id,
        sig,
      }));
    },
    async stop() {
      child.kill();
      await child.exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function untilUp(url: string): Promise<void> {
  for (let i = 0; i < 300; i++) {
    try {
      const relay = await AbstractRelay.connect(url, { verifyEvent, timeout: 500 });
      relay.close();
      return;
    } catch {
      await Bun.sleep(100);
    }
  }
  throw new Error("the relay does not start");
}

function configOf(folder: string, port: number): string {
  return [
    "DEBUG: false",
    "relay_name: test",
    "storage:",
    `  sqlalchemy.url: sqlite+aiosqlite:///${folder}/nostr.sqlite3`,
    "  validators:",
    "    - nostr_relay.validators.is_not_too_large",
    "    - nostr_relay.validators.is_signed",
    "    - nostr_relay.validators.is_recent",
    "gunicorn:",
    `  bind: 127.0.0.1:${port}`,
    "  workers: 1",
    "  loglevel: critical",
    "purple:",
    "  host: 127.0.0.1",
    `  port: ${port}`,
    "  workers: 1",
    "",
  ].join("\n");
}
