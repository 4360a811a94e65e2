import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FakeClock } from "../../test/fakes/clock.ts";
import { OWN_NETWORKS } from "../networks/index.ts";
import { networkState } from "../store/network-state.ts";
import { DATA_CLASSES } from "./data-classes.ts";
import { openHomeDatabase } from "./home-database.ts";
import { privacyReport } from "./privacy-report.ts";

const ROOT = join(import.meta.dir, "..", "..");
const ALL = [...DATA_CLASSES, ...OWN_NETWORKS.flatMap(({ dataKept }) => dataKept)];

let home = "";
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "fxn-privacy-"));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

describe("fxn privacy-report (every class of data kept: where, how long, why)", () => {
  test("each class says where, for how long, why and who sees it; a network's begin with its name", () => {
    for (const { id, what, kept, why, seenBy } of ALL)
      expect([id, ...[what, kept, why, seenBy].filter((words) => words === "")]).toEqual([id]);
    expect(new Set(ALL.map(({ id }) => id)).size).toBe(ALL.length);
    for (const { id, dataKept } of OWN_NETWORKS) for (const one of dataKept) expect(one.id).toStartWith(`${id}.`);
  });

  test("the tests that are named as evidence exist", () => {
    const named = ALL.flatMap(({ shownBy = [] }) => shownBy);
    expect(named).toContain("test/e2e/logs.test.ts");
    expect(named.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
  });

  test("prompts and answers have no place", () => {
    expect(DATA_CLASSES.filter(({ id }) => ["prompt", "answer"].includes(id)).map(({ places }) => places)).toEqual([
      [],
      [],
    ]);
  });

  test("counts, sizes and the oldest row; what belongs to no class is named", () => {
    const db = openHomeDatabase(home);
    const clock = new FakeClock();
    networkState(db, "fedai", clock).add("payment", "a", "");
    networkState(db, "fedai", clock).add("diary", "a", "");
    networkState(db, "function", clock).add("payment", "a", "");
    db.run("CREATE TABLE prompts (text TEXT)");
    db.run("INSERT INTO snapshots VALUES ('gateways', 5000, '1', '[]')");
    db.close();
    writeFileSync(join(home, "config.yaml"), "node: {}\n");
    writeFileSync(join(home, "dump.txt"), "what is this");
    mkdirSync(join(home, "keys"));
    writeFileSync(join(home, "keys", "a.json"), "{}");
    const { classes, unknown } = privacyReport(home);
    const found = (id: string) => classes.find((one) => one.id === id)?.found;
    expect(unknown).toEqual(["table prompts", "state fedai diary", "state function payment", "file dump.txt"]);
    expect(found("fedai.payments")).toEqual([{ count: 1, bytes: undefined, oldest: clock.now() }]);
    expect(found("registries")).toEqual([{ count: 1, bytes: undefined, oldest: 5000 }]);
    expect(found("configuration")?.[0]).toMatchObject({ count: 1, bytes: 9 });
    expect(found("keys")?.[1]).toMatchObject({ count: 1, bytes: 2 });
    expect(found("log")?.[0]).toBeUndefined();
  });

  test("a home that is not there has nothing in it", () => {
    const { classes, unknown } = privacyReport(join(home, "none"));
    expect(unknown).toEqual([]);
    expect(classes.flatMap(({ found }) => found.filter((one) => (one?.count ?? 0) > 0))).toEqual([]);
  });
});
