// A real Nostr relay on loopback: a relay's own protocol code behind a WebSocket; only where its events lie is ours, memory.
import { type Client, EventRepository } from "@nostr-relay/common";
import { NostrRelay } from "@nostr-relay/core";
import { Validator } from "@nostr-relay/validator";
import { AbstractRelay } from "nostr-tools/abstract-relay";
import { type Filter, matchFilter } from "nostr-tools/filter";
import { isReplaceableKind } from "nostr-tools/kinds";
import { type Event, verifyEvent } from "nostr-tools/pure";

export interface RealRelay {
  readonly url: string;
  read(filter: Filter): Promise<Event[]>;
  stop(): Promise<void>;
}

class MemoryEvents extends EventRepository {
  readonly #events = new Map<string, Event>();

  isSearchSupported(): boolean {
    return false;
  }

  upsert(event: Event): { isDuplicate: boolean } {
    const isDuplicate = this.#events.has(event.id);
    for (const old of this.#events.values()) if (replaces(event, old)) this.#events.delete(old.id);
    this.#events.set(event.id, event);
    return { isDuplicate };
  }

  find(filter: Filter): Event[] {
    return [...this.#events.values()].filter((event) => matchFilter(filter, event)).slice(0, filter.limit);
  }

  async destroy(): Promise<void> {}
}

/** NIP-01: of these kinds a relay keeps one of each key, and of each "d" tag. */
function replaces(event: Event, old: Event): boolean {
  const addressable = event.kind >= 30_000 && event.kind < 40_000;
  if (event.kind !== old.kind || event.pubkey !== old.pubkey) return false;
  const name = ({ tags }: Event) => tags.find(([tag]) => tag === "d")?.[1];
  return isReplaceableKind(event.kind) || (addressable && name(event) === name(old));
}

export function realRelay(): RealRelay {
  const relay = new NostrRelay(new MemoryEvents());
  const validator = new Validator();
  const server = Bun.serve<{ client?: Client }>({
    hostname: "127.0.0.1",
    port: 0,
    fetch: (request, self) =>
      self.upgrade(request, { data: {} }) ? undefined : new Response("a relay", { status: 426 }),
    websocket: {
      open(socket) {
        socket.data.client = { readyState: socket.readyState, send: (text) => void socket.send(text) };
        relay.handleConnection(socket.data.client);
      },
      close({ data: { client } }) {
        if (client) relay.handleDisconnect(client);
      },
      async message({ data: { client } }, text) {
        if (client) await relay.handleMessage(client, await validator.validateIncomingMessage(text));
      },
    },
  });
  const url = `ws://127.0.0.1:${server.port}/`;
  return {
    url,
    async read(filter) {
      const reader = await AbstractRelay.connect(url, { verifyEvent });
      const events: Event[] = [];
      await new Promise<void>((resolve) => {
        reader.subscribe([filter], { onevent: (event) => events.push(event), oneose: resolve });
      });
      reader.close();
      return events.map(({ id, pubkey, created_at, kind, tags, content, sig }) => ({
        ...{ pubkey, created_at, kind, tags, content, id, sig },
      }));
    },
    async stop() {
      await server.stop(true);
      await relay.destroy();
    },
  };
}
