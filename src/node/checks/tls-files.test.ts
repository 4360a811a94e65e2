import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { busyActivity } from "../../../test/fakes/activity.ts";
import { Authority } from "../../../test/fakes/authority.ts";
import { FakeClock } from "../../../test/fakes/clock.ts";
import type { NodeStatus } from "../../core/status.ts";
import { openSurroundings } from "./surroundings.ts";
import { TLS_FILES_CHECKS } from "./tls-files.ts";

const home = mkdtempSync(join(tmpdir(), "fxn-tls-check-"));
afterAll(() => rmSync(home, { recursive: true, force: true }));

const NOW = Date.parse("2026-06-01T00:00:00Z");
const DAY = 86_400_000;
const authority = new Authority();

async function ask(config: string, status?: NodeStatus) {
  writeFileSync(join(home, "config.yaml"), config);
  const clock = new FakeClock(NOW);
  const look = openSurroundings({ home, version: "1", env: {}, status: async () => status, clock });
  const [check] = TLS_FILES_CHECKS;
  const { state, message } = (await check?.run(look, new AbortController().signal)) ?? expect.unreachable();
  return [state, message];
}

/** Good for so many days from now. */
function issued(days: number): string {
  const { cert, key } = authority.issue({ name: "node.example", to: new Date(NOW + days * DAY) });
  writeFileSync(join(home, "node.crt"), cert);
  writeFileSync(join(home, "node.key"), key, { mode: 0o600 });
  return "node: { tls: { certFile: node.crt, keyFile: node.key } }";
}

test("plain http has none", async () => {
  expect(await ask("")).toEqual(["skip", "the node serves plain http"]);
});

test("a certificate that is good, one that ends soon, and one that has ended", async () => {
  expect(await ask(issued(100))).toEqual(["ok", "valid until 2026-09-09"]);
  expect(await ask(issued(13))).toEqual(["warn", "valid until 2026-06-14, 13 days from now"]);
  expect(await ask(issued(-1))).toEqual(["fail", expect.stringMatching(/^node\.tls\.certFile: .*2026-05-31/)]);
});

test("a running node keeps what it had, which is yellow; an expired certificate is red, since no caller takes it", async () => {
  const { status } = busyActivity(NOW);
  const config = issued(-1);
  expect((await ask(config, status))[0]).toBe("fail");
  issued(100);
  writeFileSync(join(home, "node.key"), authority.issue({ name: "another" }).key, { mode: 0o600 });
  expect(await ask(config, status)).toEqual(["warn", expect.stringMatching(/; the node goes on with what it had$/)]);
});

test("an authority of callers that has expired beside its successor is yellow", async () => {
  issued(100);
  const over = new Authority("old", new Date(NOW - DAY));
  writeFileSync(join(home, "ca.crt"), over.cert + authority.cert);
  const config = "node: { tls: { certFile: node.crt, keyFile: node.key, clientCaFile: ca.crt } }";
  expect(await ask(config)).toEqual([
    "warn",
    "of an authority in node.tls.clientCaFile: it expired on 2026-05-31: renew it",
  ]);
  writeFileSync(join(home, "ca.crt"), over.cert);
  expect((await ask(config))[0]).toBe("fail");
});

test("files that do not fit or are not there: all that is wrong", async () => {
  issued(100);
  writeFileSync(join(home, "node.key"), authority.issue({ name: "another" }).key, { mode: 0o600 });
  const [state, message] = await ask(
    "node: { tls: { certFile: node.crt, keyFile: node.key, clientCaFile: gone.crt } }",
  );
  expect(state).toBe("fail");
  expect(message).toMatch(/gone\.crt cannot be read/);
  expect(message).toMatch(/it is not the key of the certificate/);
});
