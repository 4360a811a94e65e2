// The defaults that documents and deployments rely on, in one table: changing one is a decision, not a slip.
import { describe, expect, test } from "bun:test";
import { loadConfig } from "../networks/config.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const MIB = 1024 ** 2;

/** Durations in milliseconds, sizes in bytes. */
const PROMISED = {
  "node.listenAddress": "127.0.0.1",
  "node.listenPort": 8080,
  "logger.verbosity": "info",
  "logger.format": "auto",
  rpcProvider: ["https://sepolia.base.org"],
  schedulerAddress: "0x0a7a1ff52515c24faa17c13b916679926272ffc4",
  "registry.routerSmartContractAddress": "0x7c8e239f9a26d7fd081db72a2a23f4e9ca35e16b",
  "registry.chainId": undefined,
  "registry.bypassAuth": false,
  "registry.maxStale": HOUR,
  "registry.gateway.pollInterval": MINUTE,
  "registry.scheduler.pollInterval": MINUTE,
  "registry.provider.pollInterval": MINUTE,
  "auth.maxClockSkew": 5 * MINUTE,
  "nonceCache.ttl": 5 * MINUTE,
  "nonceCache.cleanupInterval": 10 * MINUTE,
  "nonceCache.maxPerCaller": 1_000_000,
  "store.url": undefined,
  "store.timeout": SECOND,
  "store.prefix": "fxn",
  "limits.openaiBody": 20 * MIB,
  "limits.challengeBody": 64 * MIB,
  "limits.bufferedBodies": 1024 * MIB,
  "limits.bodyTimeout": 30 * SECOND,
  "limits.requestsPerMinute": 0,
  "limits.tokensPerMinute": 0,
  "limits.concurrent": 0,
  "proxy.maxIdleConns": 100,
  "proxy.idleConnTimeout": 90 * SECOND,
  "queue.size": 512,
  "admin.listen": { host: "127.0.0.1", port: 9464 },
  "admin.allowedHosts": [],
  "challenges.reachableHosts": [],
  "shutdown.deadline": 30 * SECOND,
} as const;

const { config } = await loadConfig({ home: "/home/fxn", env: {}, readFile: async () => undefined });

function valueAt(path: string): unknown {
  return path.split(".").reduce<unknown>((value, key) => new Map(Object.entries(Object(value))).get(key), config);
}

describe("defaults", () => {
  for (const [path, promised] of Object.entries(PROMISED)) {
    test(path, () => expect(valueAt(path)).toEqual(promised));
  }
});
