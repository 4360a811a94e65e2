// One certificate that ends soon is one alarm, whoever sees it: in the files, on the way from the world, or both.
import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Authority, type Issued } from "../../../test/fakes/authority.ts";
import { systemClock } from "../../core/clock.ts";
import { tlsPeer } from "../../lib/tls-peer.ts";
import { PUBLIC_URL_CHECKS } from "./public-url.ts";
import { runChecks } from "./run.ts";
import { openSurroundings, type Surroundings } from "./surroundings.ts";
import { TLS_FILES_CHECKS } from "./tls-files.ts";

const home = mkdtempSync(join(tmpdir(), "fxn-certificate-days-"));
afterAll(() => rmSync(home, { recursive: true, force: true }));
const authority = new Authority();
const CHECKS = [...TLS_FILES_CHECKS, ...PUBLIC_URL_CHECKS].filter(({ id }) => id.startsWith("tls."));

/** Real time: TLS knows no other. */
const lasting = (days: number) =>
  authority.issue({ name: "node.example", to: new Date(systemClock.now() + (days + 0.5) * 86_400_000) });

/** Of both checks, with one certificate in the files and one on the wire. */
async function states(filed: Issued, shown: Issued): Promise<readonly string[]> {
  writeFileSync(join(home, "config.yaml"), "node: { tls: { certFile: node.crt, keyFile: node.key } }");
  writeFileSync(join(home, "node.crt"), filed.cert);
  writeFileSync(join(home, "node.key"), filed.key, { mode: 0o600 });
  const tls = { cert: shown.cert, key: shown.key };
  const server = Bun.serve({ hostname: "127.0.0.1", port: 0, tls, fetch: () => new Response("") });
  const options = { home, version: "1", env: {}, status: async () => undefined, clock: systemClock };
  const look: Surroundings = {
    ...openSurroundings(options),
    publicUrl: async () => new URL(`https://localhost:${server.port}`),
    tlsPeer: (_host, port, signal) => tlsPeer("127.0.0.1", port, signal, authority.cert),
  };
  const checks = CHECKS.map((kind) => ({ ...kind, run: (signal: AbortSignal) => kind.run(look, signal) }));
  const found = await runChecks(checks, systemClock, AbortSignal.timeout(30_000));
  await server.stop(true);
  return found.map(({ id, state }) => `${state} ${id}`);
}

test("the node's own: the files tell it, whether it is shown or not", async () => {
  const one = lasting(5);
  expect(await states(one, one)).toEqual(["warn tls.files", "ok tls.certificate"]);
});

test("it has expired: red in the files, which explains what callers see", async () => {
  const one = lasting(-2);
  expect(await states(one, one)).toEqual(["fail tls.files", "skip tls.certificate"]);
});

test("a proxy's, or a former one that is shown yet: the way from the world tells it", async () => {
  expect(await states(lasting(100), lasting(5))).toEqual(["ok tls.files", "warn tls.certificate"]);
  expect(await states(lasting(100), lasting(-2))).toEqual(["ok tls.files", "fail tls.certificate"]);
});

test("two that end soon are two causes", async () => {
  expect(await states(lasting(5), lasting(6))).toEqual(["warn tls.files", "warn tls.certificate"]);
});
