// A Nostr relay for tests: takes events whose id and signature are right, and can be told to refuse.
import { type Event, verifyEvent } from "nostr-tools/pure";
import { z } from "zod";

const eventMessage = z.tuple([
  z.literal("EVENT"),
  z.object({
    id: z.string(),
    pubkey: z.string(),
    created_at: z.int(),
    kind: z.int(),
    tags: z.array(z.array(z.string())),
    content: z.string(),
    sig: z.string(),
  }),
]);

export interface FakeRelay {
  readonly url: string;
  readonly events: Event[];
  refuse: string | undefined;
  stop(): void;
}

export function fakeRelay(): FakeRelay {
  const events: Event[] = [];
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: (request, it) => (it.upgrade(request) ? undefined : new Response("a relay", { status: 426 })),
    websocket: {
      message(socket, text) {
        const [, event] = eventMessage.parse(JSON.parse(String(text)));
        const why = relay.refuse ?? (verifyEvent(event) ? undefined : "invalid: signature");
        if (why === undefined) events.push(event);
        socket.send(JSON.stringify(["OK", event.id, why === undefined, why ?? ""]));
      },
    },
  });
  const relay: FakeRelay = {
    url: `ws://127.0.0.1:${server.port}/`,
    events,
    refuse: undefined,
    stop: () => server.stop(true),
  };
  return relay;
}
