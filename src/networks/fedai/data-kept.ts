// What fed_AI keeps of payments and nonces.
import type { DataClass } from "../../core/data-class.ts";

export const dataKept: readonly DataClass[] = [
  {
    id: "fedai.payments",
    what: "hashes of payments that were spent here",
    places: [{ state: "payment" }],
    kept: "400 days, which is longer than any receipt is good for",
    why: "a payment is taken once",
    seenBy: "who can read the home",
  },
  {
    id: "fedai.nonces",
    what: "used nonces, where networks.fedai.nonces names a file of its own",
    places: [{ file: "fedai-nonces.json*" }],
    kept: "as long as a request signed at that time could come again",
    why: "a request that was seen once is refused a second time",
    seenBy: "who can read the home",
    off: "leave networks.fedai.nonces out: they are in the node's own store then",
  },
  {
    id: "fedai.metering",
    what: "signed metering records: hash of the prompt, tokens, time",
    places: [{ elsewhere: "nowhere here: they are part of the answer" }],
    kept: "not here; by the caller and its router",
    why: "the wire has it so; a short prompt can be guessed from its hash",
    seenBy: "the caller and its router",
  },
  {
    id: "fedai.traces",
    what: "a span of each inference: ids (of the trace, this node and the request), times, status",
    places: [{ elsewhere: "memory" }, { elsewhere: "the collector" }],
    kept: "seconds in memory; the collector keeps them as long as it likes",
    why: "where an inference's time went, over all nodes that had part in it",
    seenBy: "the collector that networks.fedai.tracing or the node's tracing names",
    off: "no networks.fedai.tracing.url, and no collector of the node",
    shownBy: ["src/networks/fedai/tracing/tracer.test.ts"],
  },
];
