import { expect, test } from "bun:test";
import { limitsConformance, storeConformance } from "../../../test/conformance/stores.ts";
import { FakeLog } from "../../../test/fakes/log.ts";
import {
  postgresServer,
  redisServer,
  type StoreServer,
  type StoreServerKind,
} from "../../../test/sandbox/store-servers.ts";
import { systemClock } from "../../core/clock.ts";
import type { LimitsConfig } from "../../core/limits.ts";
import { openSharedStore } from "./index.ts";

const NONE = { requestsPerMinute: 0, tokensPerMinute: 0, concurrent: 0 };

function placeOf(kind: StoreServerKind) {
  let server: StoreServer;
  return {
    missing: kind.missing,
    async setUp() {
      server = await kind.open();
    },
    tearDown: () => server.remove(),
    open: (prefix: string, maxPerScope: number, limits: LimitsConfig) =>
      openSharedStore({
        url: server.url,
        timeout: 5000,
        prefix,
        keepMs: 600_000,
        maxPerScope,
        limits,
        clock: systemClock,
        log: new FakeLog(),
      }),
  };
}

for (const kind of [redisServer, postgresServer]) {
  const place = placeOf(kind);
  storeConformance(kind.name, { ...place, open: (prefix, most) => place.open(prefix, most, NONE) });
  limitsConformance(kind.name, { ...place, open: (prefix, limits) => place.open(prefix, 1000, limits) });
}

test("a scheme that no store has is refused", () => {
  const options = { timeout: 1, prefix: "x", keepMs: 1, maxPerScope: 1, clock: systemClock, log: new FakeLog() };
  expect(() => openSharedStore({ ...options, limits: NONE, url: "mysql://h" })).toThrow(
    "no store of the kind mysql://",
  );
});
