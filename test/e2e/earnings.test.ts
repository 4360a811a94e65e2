// fxn earnings through the compiled binary, while another process has the home's database open.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../../src/core/clock.ts";
import type { Earning } from "../../src/core/earnings.ts";
import { openDatabase } from "../../src/store/database.ts";
import { SqliteEarnings } from "../../src/store/earnings.ts";
import { SqliteLedger } from "../../src/store/ledger/table.ts";
import { ledgerRow } from "../fakes/ledger-row.ts";
import { fxn, makeHome, removeHome } from "./node.ts";

const ETHER = 10n ** 18n;
const DAY = 86_400_000;
const home = makeHome();
const db = openDatabase(home, { claim: () => undefined, refuseUpTo() {} });
afterAll(() => {
  db.close();
  removeHome(home);
});

const now = Date.now();
let transaction = 0;
async function earned(part: Partial<Earning>): Promise<void> {
  const fixed = { at: now, network: "oarn", job: "1", model: "tiny", kind: "reward", asset: "ETH" } as const;
  await new SqliteEarnings(db, systemClock).add({
    ...fixed,
    amount: ETHER,
    transaction: `0x${transaction++}`,
    ...part,
  });
}

beforeAll(async () => {
  await earned({ amount: (3n * ETHER) / 2n });
  await earned({ kind: "gas", amount: 1n });
  await earned({ asset: "COMP", amount: 20n * ETHER });
  await earned({ network: "blindference", asset: "BLIND", model: "big\u001b[31m", at: now - 20 * DAY });
  await earned({ network: "blindference", kind: "gas", asset: "ETH", model: "", job: "", amount: ETHER / 1000n });
  const ledger = new SqliteLedger(db);
  ledger.insertNew(ledgerRow({ network: "oarn", model: "tiny", at: now }));
  ledger.insertNew(ledgerRow({ network: "oarn", model: "tiny", at: now }));
  ledger.insertNew(ledgerRow({ network: "function", model: "tiny", at: now }));
});

const earnings = (...args: string[]) => fxn(["earnings", "--home", home, ...args]);

describe("fxn earnings", () => {
  test("rewards, gas and net by network and model, beside what was served", async () => {
    const { stdout, stderr, code } = await earnings();
    expect([stderr, code]).toEqual(["", 0]);
    const lines = stdout.split("\n").map((line) => line.split(/ {2,}/).join("|"));
    expect(lines).toEqual([
      "network|model|requests|prompt tokens|completion tokens|asset|rewards|gas|net",
      expect.stringMatching(/^-+/),
      "blindference|0|0|0|ETH|0|0.001|-0.001",
      "blindference|big [31m|0|0|0|BLIND|1|0",
      "oarn|tiny|2|20|10|COMP|20|0",
      "oarn|tiny|ETH|1.5|0.000000000000000001|1.499999999999999999",
      "",
    ]);
  });

  test("for a script, since a time, by network: what was not paid for is not counted with it", async () => {
    const { stdout } = await earnings("--by", "network", "--since", "7d", "--json");
    expect(JSON.parse(stdout)).toMatchObject({
      schema: 1,
      by: ["network"],
      rows: [
        { network: "blindference", requests: 0, assets: [{ asset: "ETH", rewards: "0", gas: "0.001", net: "-0.001" }] },
        {
          network: "oarn",
          requests: 2,
          promptTokens: 20,
          completionTokens: 10,
          assets: [
            { asset: "COMP", rewards: "20", gas: "0" },
            { asset: "ETH", rewards: "1.5", gas: "0.000000000000000001", net: "1.499999999999999999" },
          ],
        },
      ],
    });
    const byModel = JSON.parse((await earnings("--by", "model", "--since", "7d", "--json")).stdout);
    expect(byModel.rows.find(({ model }: { model: string }) => model === "tiny").requests).toBe(2);
  });

  test("by model server where the ledger has the job's answer, by its GPUs where they are named; of the rest nothing is made up", async () => {
    const ledger = new SqliteLedger(db);
    const [one, other] = ["http://127.0.0.1:8001", "http://127.0.0.1:8002"];
    ledger.insertNew(ledgerRow({ id: "gpu/1", network: "toy", backend: one, at: now }));
    ledger.insertNew(ledgerRow({ id: "toy-gpu/2", network: "toy", backend: other, at: now }));
    ledger.insertNew(ledgerRow({ id: "gpu/3", network: "toy", backend: one, outcome: "error", at: now }));
    ledger.insertNew(ledgerRow({ id: "gpu/4", network: "elsewhere", backend: one, at: now }));
    for (const job of ["gpu/1", "gpu/2", "gpu/3", "gpu/4"]) await earned({ network: "toy", job });
    await earned({ network: "toy", job: "gpu/1", kind: "gas", amount: 5n * (ETHER / 10n) });
    const rows = async (by: string) => {
      const { rows } = JSON.parse((await earnings("--by", `network,${by}`, "--json")).stdout);
      return rows
        .filter(({ network }: { network: string }) => network === "toy")
        .map((row: Record<string, unknown>) => [row[by], row.requests, row.assets]);
    };
    const assets = (rewards: string, gas: string, net: string) => [{ asset: "ETH", rewards, gas, net }];
    expect(await rows("backend")).toEqual([
      ["", 0, assets("2", "0", "2")],
      [one, 2, assets("1", "0.5", "0.5")],
      [other, 1, assets("1", "0", "1")],
    ]);
    expect(await rows("gpu")).toEqual([["", 3, assets("4", "0.5", "3.5")]]);
    const backends = [
      { url: `${one}/v1`, gpus: ["0", "1"] },
      { url: other, gpus: ["2"] },
    ];
    writeFileSync(join(home, "model_backend.yaml"), JSON.stringify({ models: [{ id: "tiny", backends }] }));
    expect(await rows("gpu")).toEqual([
      ["", 0, assets("2", "0", "2")],
      ["0,1", 2, assets("1", "0.5", "0.5")],
      ["2", 1, assets("1", "0", "1")],
    ]);
    rmSync(join(home, "model_backend.yaml"));
    db.run("DELETE FROM earnings WHERE network = 'toy'");
  });

  test("with a store that several nodes share, nothing is said of what was served", async () => {
    const env = { FXN_STORE_URL: "redis://127.0.0.1:1" };
    const { stdout, code } = await fxn(["earnings", "--home", home, "--by", "network", "--json"], { env });
    expect(code).toBe(0);
    expect(stdout).not.toContain("requests");
  });

  test("nothing earned, a key that is none, a time that is none", async () => {
    const { stdout, code } = await earnings("--since", "2999-01-01");
    expect([stdout.startsWith("Nothing was earned since 2999-01-01"), code]).toEqual([true, 0]);
    expect((await earnings("--by", "caller")).code).toBe(2);
    expect((await earnings("--since", "tomorrow")).code).toBe(2);
  });
});
