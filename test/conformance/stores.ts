// What every store must do, embedded or shared, wherever nonces, limits and ledger rows are kept.
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { LimitStore, LimitsConfig } from "../../src/core/limits.ts";
import type { SharedStore } from "../../src/store/shared/store.ts";
import { ledgerRow } from "../fakes/ledger-row.ts";

const DAY = 86_400_000;
const START = Date.UTC(2026, 0, 1);

/** A server, or a folder, for the tests of one suite. */
interface Place {
  /** Why it cannot be run here; undefined when it can. */
  readonly missing?: string | undefined;
  setUp(): Promise<void>;
  tearDown(): Promise<void>;
}

/** As one node has it opened: two of them stand for two nodes. */
type Opened<Parts> = Parts & { close(): void };

export interface StoreCase extends Place {
  /** One more node on the store of that prefix, which has nothing yet at first. It keeps nonces for ten minutes. */
  open(prefix: string, maxPerScope: number): Opened<Pick<SharedStore, "replay" | "rows">>;
}

export interface LimitsCase extends Place {
  open(prefix: string, limits: LimitsConfig): Opened<Pick<SharedStore, "limits">>;
}

/** Later than whatever a store takes for its own beginning. */
const now = () => Date.now() + 1000;

/** Two nodes on a store of their own, closed after the test. */
function pairs<Parts, Rest extends unknown[]>(open: (prefix: string, ...rest: Rest) => Opened<Parts>) {
  const opened: Opened<Parts>[] = [];
  let stores = 0;
  afterEach(() => {
    for (const one of opened.splice(0)) one.close();
  });
  return (...rest: Rest): [Parts, Parts] => {
    const prefix = `t${++stores}`;
    const pair: [Opened<Parts>, Opened<Parts>] = [open(prefix, ...rest), open(prefix, ...rest)];
    opened.push(...pair);
    return pair;
  };
}

function suite(name: string, { missing, setUp, tearDown }: Place, tests: () => void): void {
  describe.skipIf(missing !== undefined)(missing ? `${name} (skipped: ${missing})` : name, () => {
    beforeAll(setUp);
    afterAll(tearDown);
    tests();
  });
}

export function storeConformance(name: string, place: StoreCase): void {
  suite(`store conformance: ${name}`, place, () => {
    const pair = pairs(place.open);
    const nodes = (maxPerScope = 1000) => pair(maxPerScope);

    test("replay: the second claim of a nonce is refused on either node, another caller's and network's is not", async () => {
      const [a, b] = nodes();
      expect(await a.replay.claim("function:0xaa", "n", now())).toBe("fresh");
      expect(await b.replay.claim("function:0xaa", "n", now() + 500)).toBe("replayed");
      expect(await a.replay.claim("function:0xaa", "n", now())).toBe("replayed");
      expect(await b.replay.claim("function:0xbb", "n", now())).toBe("fresh");
      expect(await b.replay.claim("fedai:0xaa", "n", now())).toBe("fresh");
    });

    test("race: of forty equal claims on two nodes at once exactly one is fresh", async () => {
      const both = nodes();
      for (let round = 0; round < 10; round++) {
        const claims = Array.from({ length: 40 }, (_, i) => both[i % 2]?.replay.claim("s", `n${round}`, now()));
        const answers = await Promise.all(claims);
        expect(answers.filter((answer) => answer === "fresh")).toHaveLength(1);
        expect(answers.filter((answer) => answer === "replayed")).toHaveLength(39);
      }
    });

    test("every nonce that a header can hold is itself and no other", async () => {
      const [a, b] = nodes();
      const seen = new Set<string>();
      const nonce = fc.string({
        unit: fc.integer({ min: 0x20, max: 0x7e }).map((c) => String.fromCharCode(c)),
        minLength: 1,
        maxLength: 256,
      });
      await fc.assert(
        fc.asyncProperty(nonce, fc.boolean(), async (text, first) => {
          const answer = await (first ? a : b).replay.claim("s", text, now());
          expect(answer).toBe(seen.has(text) ? "replayed" : "fresh");
          seen.add(text);
        }),
        {
          numRuns: 100,
          examples: [
            ["'; DROP TABLE fxn_nonces; --", true],
            ["a b", true],
            ["a", false],
            ["{}\\", true],
          ],
        },
      );
    });

    test("flood: a full caller is refused, nothing is forgotten, others are not touched", async () => {
      const [a, b] = nodes(3);
      for (const nonce of ["1", "2", "3"]) expect(await a.replay.claim("s", nonce, now())).toBe("fresh");
      expect(await b.replay.claim("s", "4", now())).toBe("full");
      expect(await b.replay.claim("other", "4", now())).toBe("fresh");
    });

    test("purge: what is younger stays, all of it", async () => {
      const [a, b] = nodes();
      for (let i = 0; i < 20; i++) await a.replay.claim("s", String(i), now());
      expect(await b.replay.purge()).toBeFalse();
      for (let i = 0; i < 20; i++) expect(await b.replay.claim("s", String(i), now())).toBe("replayed");
    });

    test("ledger: sums by day, model and caller, of the rows of all nodes", async () => {
      const [a, b] = nodes();
      await a.rows.put([ledgerRow(), ledgerRow({ at: START + DAY, model: "big" })]);
      await b.rows.put([
        ledgerRow({
          completionTokens: null,
          promptTokens: null,
          tokenSource: "none",
          outcome: "error",
          firstTokenMs: null,
        }),
      ]);
      expect(await b.rows.sums(["day", "model"], 0, START + 9 * DAY)).toEqual([
        { keys: ["2026-01-02", "big"], requests: 1, ok: 1, promptTokens: 10, completionTokens: 5, unreported: 0 },
        { keys: ["2026-01-01", "tiny"], requests: 2, ok: 1, promptTokens: 10, completionTokens: 5, unreported: 1 },
      ]);
      const requests = async (...range: [number, number]) => (await a.rows.sums([], ...range))[0]?.requests;
      expect(await requests(0, START + DAY)).toBe(2);
      expect(await requests(START + 1, Number.MAX_SAFE_INTEGER)).toBe(1);
      expect(await requests(0, 1)).toBe(0);
      expect(await a.rows.sums(["caller"], 0, 1)).toEqual([]);
    });

    test("ledger: a row that comes twice counts once", async () => {
      const [a, b] = nodes();
      const row = ledgerRow();
      await a.rows.put([row, row]);
      await b.rows.put([row, ledgerRow()]);
      expect((await a.rows.sums([], 0, Number.MAX_SAFE_INTEGER))[0]?.requests).toBe(2);
    });

    test("ledger: many rows at once, of odd names and great numbers", async () => {
      const [a] = nodes();
      const model = `ü"'\\ ${"x".repeat(50)}`;
      const rows = Array.from({ length: 2500 }, (_, i) => ledgerRow({ at: START + i, model, bytesOut: 2 ** 50 }));
      await a.rows.put(rows);
      expect(await a.rows.sums(["model"], 0, START + DAY)).toMatchObject([{ keys: [model], requests: 2500 }]);
    });
  });
}

const NONE: LimitsConfig = { requestsPerMinute: 0, tokensPerMinute: 0, concurrent: 0 };

export function limitsConformance(name: string, place: LimitsCase): void {
  suite(`limits conformance: ${name}`, place, () => {
    const pair = pairs(place.open);
    const nodes = (limits: Partial<LimitsConfig>) => {
      const [a, b] = pair({ ...NONE, ...limits });
      return [a.limits, b.limits] as const;
    };
    const ask = async (store: LimitStore, place = crypto.randomUUID() as string, caller = "0xaa") => {
      const { limit, ...more } = await store.take(caller, place);
      return limit === undefined ? "in" : `${limit} ${"seconds" in more ? Math.ceil(more.seconds) : ""}`;
    };

    test("requests per minute count over both nodes, each caller on its own", async () => {
      const [a, b] = nodes({ requestsPerMinute: 2 });
      expect([await ask(a), await ask(b), await ask(a), await ask(b, "p", "0xbb")]).toEqual([
        "in",
        "in",
        "requests 30",
        "in",
      ]);
    });

    test("race: of many requests on both nodes at once as many pass as the limit says", async () => {
      const both = nodes({ requestsPerMinute: 10, concurrent: 100 });
      const answers = await Promise.all(Array.from({ length: 60 }, (_, i) => ask(both[i % 2 ? 1 : 0])));
      expect(answers.filter((text) => text === "in")).toHaveLength(10);
    });

    test("tokens are paid afterwards on any node: overdrawn once, refused until the debt is paid", async () => {
      const [a, b] = nodes({ tokensPerMinute: 600 });
      expect(await ask(a)).toBe("in");
      await b.spend("0xaa", 900);
      expect([await ask(a), await ask(b), await ask(a, "p", "0xbb")]).toEqual(["tokens 31", "tokens 31", "in"]);
    });

    test("concurrent requests count over both nodes; a place is free again when one ends, twice frees one", async () => {
      const [a, b] = nodes({ concurrent: 2 });
      expect([await ask(a, "1"), await ask(b, "2"), await ask(a, "3")]).toEqual(["in", "in", "concurrent 1"]);
      await a.renew([{ caller: "0xaa", place: "1" }]);
      await a.release("0xaa", "1");
      await a.release("0xaa", "1");
      // What has been given back is not taken again by renewing it.
      await a.renew([{ caller: "0xaa", place: "1" }]);
      expect([await ask(b, "4"), await ask(a, "5")]).toEqual(["in", "concurrent 1"]);
    });

    test("a request that another limit refuses holds no place", async () => {
      const [a] = nodes({ requestsPerMinute: 1, concurrent: 2 });
      expect([await ask(a, "1"), await ask(a, "2"), await ask(a, "3")]).toEqual(["in", "requests 60", "requests 60"]);
    });
  });
}
