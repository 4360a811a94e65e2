// Which settings a running node takes over: what the schema marks, all of it, and nothing else.
import { expect, test } from "bun:test";
import { BOOK, loadConfig } from "../networks/config.ts";
import { takenOver } from "./reload.ts";
import type { Config } from "./schema.ts";

async function config(text: string): Promise<Config> {
  const readFile = async (path: string) => (path.endsWith("config.yaml") ? text : undefined);
  return (await loadConfig({ home: "/home", env: {}, readFile })).config;
}

async function from(before: string, after: string) {
  return takenOver(await config(before), await config(after), BOOK);
}

test("what may change does, what needs a restart stays, and both are named", async () => {
  const { config, changed, needRestart } = await from(
    "queue: { size: 5 }\nnode: { listenPort: 1 }\nlogger: { verbosity: info, format: json }",
    "queue: { size: 6 }\nnode: { listenPort: 2 }\nlogger: { verbosity: debug, format: human }",
  );
  expect(config.queue.size).toBe(6);
  expect(config.node.listenPort).toBe(1);
  expect(config.logger).toMatchObject({ verbosity: "debug", format: "json" });
  expect(changed).toEqual([
    { path: "logger.verbosity", from: "info", to: "debug" },
    { path: "queue.size", from: 5, to: 6 },
  ]);
  expect(needRestart).toEqual([
    { path: "node.listenPort", from: 1, to: 2 },
    { path: "logger.format", from: "json", to: "human" },
  ]);
});

test("a setting that was not there, or is not there any more, stays as it was too", async () => {
  expect((await from("", "store: { url: 'redis://x' }")).config.store.url).toBeUndefined();
  const gone = await from("store: { url: 'redis://x' }", "");
  expect(gone.config.store.url).toBe("redis://x");
  expect(gone.needRestart.map(({ path }) => path)).toEqual(["store.url"]);
});

test("a default that is written down is no change", async () => {
  const { changed, needRestart } = await from("", "queue: { size: '512' }\nnode: { listenPort: 8080 }");
  expect([changed, needRestart]).toEqual([[], []]);
});

test("attack: a key in a URL, or a secret, is compared and never shown", async () => {
  const { needRestart } = await from("store: { url: 'redis://u:one@x/a' }", "store: { url: 'redis://u:two@x/a' }");
  expect(needRestart).toEqual([{ path: "store.url", from: "redis://x/***", to: "redis://x/***" }]);
});

test("the Function Network is on or off from the start; its share is not", async () => {
  const { config, needRestart } = await from("", "networks: { function: { enabled: false, weight: 7 } }");
  expect(config.networks.function).toMatchObject({ enabled: true, weight: 7 });
  expect(needRestart.map(({ path }) => path)).toEqual(["networks.function.enabled"]);
});

test("what a running node cannot change is marked nowhere: where it listens, its processes, its home's keys and nonces", () => {
  const fixed = BOOK.settings.filter(({ role, reloadable }) => role !== "section" && !reloadable);
  expect(fixed.map(({ path }) => path)).toEqual([
    "node.listenAddress",
    "node.listenPort",
    "node.tls.certFile",
    "node.tls.keyFile",
    "node.tls.clientCaFile",
    "server.workers",
    "logger.format",
    "auth.maxClockSkew",
    "nonceCache.ttl",
    "nonceCache.maxPerCaller",
    "store.url",
    "store.timeout",
    "store.prefix",
    "admin.listen",
    "keystore.passwordFile",
    "networks.function.enabled",
  ]);
});
