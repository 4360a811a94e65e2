import type { Database } from "bun:sqlite";
import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { networkStateContract } from "../../test/conformance/network-state.ts";
import { FakeClock } from "../../test/fakes/clock.ts";
import { FakeNetworkState } from "../../test/fakes/network-state.ts";
import { openDatabase } from "./database.ts";
import { networkState } from "./network-state.ts";

let home = "";
let db: Database;
const nothing = { claim: () => undefined, refuseUpTo() {} };
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "fxn-state-"));
  db = openDatabase(home, nothing);
});
afterEach(() => {
  db.close();
  rmSync(home, { recursive: true });
});

networkStateContract("SQLite", (clock) => networkState(db, "toy", clock));
networkStateContract("the fake of unit tests", (clock) => new FakeNetworkState(clock));

test("networks do not see each other, and another process sees what was written", () => {
  const clock = new FakeClock();
  const [one, other] = ["one", "other"].map((network) => networkState(db, network, clock));
  one?.set("job", "a", "mine");
  expect(other?.get("job", "a")).toBeUndefined();
  const again = openDatabase(home, nothing);
  expect(networkState(again, "one", clock).get("job", "a")?.value).toBe("mine");
  expect(networkState(again, "one", clock).add("job", "a", "second")).toBeFalse();
  again.close();
});
