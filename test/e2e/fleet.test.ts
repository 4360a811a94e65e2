// fxn status --all through a stand-in for ssh, which is at the far edge: it runs the words here, as the host that is named.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../../src/core/clock.ts";
import { openDatabase } from "../../src/store/database.ts";
import { SqliteEarnings } from "../../src/store/earnings.ts";
import { BINARY, fxn, makeHome, removeHome } from "./node.ts";
import { openWorld, type World } from "./world.ts";

let world: World;
const bin = mkdtempSync(join(tmpdir(), "fxn-fleet-"));
const idle = makeHome();
const calls = join(bin, "calls");

beforeAll(async () => {
  world = await openWorld();
  const db = openDatabase(idle, { claim: () => undefined, refuseUpTo() {} });
  const paid = { at: Date.now(), network: "toy", job: "1", model: "m", kind: "reward", asset: "ETH" } as const;
  await new SqliteEarnings(db, systemClock).add({ ...paid, amount: 15n * 10n ** 17n, transaction: "0x1" });
  db.close();
  const script = `#!/bin/sh
printf '%s\\n' "$*" >> ${calls}
while [ "$1" != "--" ]; do shift; done
host=$2; shift 2
case $host in
  gone) echo "ssh: connect to host gone port 22: No route to host" >&2; exit 255;;
  liar) printf 'hello \\033[2J'; exit 0;;
  flood) exec yes;;
  idle) export FXN_HOME=${idle};;
  *) export FXN_HOME=${world.home};;
esac
case "$*" in
  "fxn status --json") exec ${BINARY} status --json;;
  "fxn earnings --by network --since 30d --json") FXN_HOME=${idle} exec ${BINARY} earnings --by network --since 30d --json;;
esac
echo "odd words: $*" >&2; exit 127
`;
  writeFileSync(join(bin, "ssh"), script);
  chmodSync(join(bin, "ssh"), 0o755);
});
afterAll(async () => {
  await world.close();
  removeHome(idle);
  rmSync(bin, { recursive: true });
});

const status = (...args: string[]) => fxn(["status", ...args], { env: { PATH: `${bin}:/usr/bin:/bin` } });

describe("Fleet without a control plane: fxn status --all host1 host2 over ssh, merged metrics and earnings", () => {
  test("one table, those that are not well first, and what they have earned together", async () => {
    const { code, stdout, stderr } = await status("--all", "gpu-1", "me@gpu-2.lan", "idle", "gone", "liar", "flood");
    expect([code, stderr]).toEqual([1, ""]);
    const lines = stdout.split("\n").map((line) => line.split(/ {2,}/));
    const of = (host: string) => lines.find(([first]) => first === host) ?? [];
    expect(of("gpu-1").slice(1, 2)).toEqual(["ready"]);
    expect(of("me@gpu-2.lan").slice(1, 2)).toEqual(["ready"]);
    expect(of("idle")).toEqual(["idle", "NO ANSWER", `no node runs on ${idle}`]);
    expect(of("gone")).toEqual(["gone", "NO ANSWER", "ssh: connect to host gone port 22: No route to host"]);
    expect(of("liar")).toEqual(["liar", "NO ANSWER", "its answer is not that of fxn status --json"]);
    expect(of("flood")[2]).toMatch(/^ssh printed more than /);
    expect(lines.findIndex(([host]) => host === "gone")).toBeLessThan(lines.findIndex(([host]) => host === "gpu-1"));
    expect(of("toy")).toEqual(["toy", "ETH", "3", "0"]);
  });

  test("for a script; all ready is 0, and a host that is named twice is asked once", async () => {
    const { code, stdout } = await status("--all", "gpu-1", "gpu-1", "--json");
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      schema: 1,
      hosts: [{ host: "gpu-1", error: null, status: { schema: 1, ready: true } }],
      earnings: [{ network: "toy", asset: "ETH", rewards: "1.5", gas: "0" }],
    });
    expect(await status("--all", "--ready", "gpu-1")).toEqual({ code: 0, stdout: "", stderr: "" });
    expect((await status("--all", "--ready", "gpu-1", "gone")).code).toBe(1);
  });

  test("attack: a host that ssh would take for an option is refused, and ssh is told where options end and to lend nothing", async () => {
    const before = readFileSync(calls, "utf8").length;
    for (const odd of ["-oProxyCommand=touch x", "a b", "$(id)", "me@-x", "a;b", ""]) {
      expect((await status("--all", "--", odd)).code).toBe(2);
    }
    expect((await status("--all")).code).toBe(2);
    expect((await status("gpu-1")).code).toBe(2);
    expect(readFileSync(calls, "utf8").length).toBe(before);
    const [first] = readFileSync(calls, "utf8").split("\n");
    expect(first).toMatch(/^-T -a -x -o BatchMode=yes -o ConnectTimeout=10 -- \S+ fxn status --json$/);
  });

  test("without ssh that is said for each host", async () => {
    const { code, stdout } = await fxn(["status", "--all", "gpu-1", "--json"], { env: { PATH: "/nonexistent" } });
    expect(code).toBe(1);
    const [answer] = JSON.parse(stdout).hosts;
    expect(answer.error).toBe("there is no ssh on this machine");
  });
});
