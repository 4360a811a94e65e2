import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { z } from "zod";
import { BOOK } from "../networks/config.ts";
import { yaml } from "./example.ts";
import { goModelSchema, modelListSchema } from "./models-schema.ts";
import { settingsOf } from "./settings.ts";
import { readYaml } from "./yaml-file.ts";

const ALL = [...BOOK.settings, ...settingsOf(goModelSchema), ...settingsOf(modelListSchema)];

describe("the schema as a list", () => {
  test("every setting and section has a help text, and every setting a type", () => {
    expect(ALL.filter(({ help }) => help === "").map(({ path }) => path)).toEqual([]);
    expect(ALL.filter(({ role, type }) => role === "setting" && type === "").map(({ path }) => path)).toEqual([]);
  });

  test("every setting has a default or an example, for the example file", () => {
    const bare = ALL.filter(({ role, example }) => role === "setting" && example === undefined);
    expect(bare.map(({ path }) => path)).toEqual([]);
  });

  test("all of the Go node's settings are there", () => {
    const paths = ALL.map(({ path }) => path);
    for (const path of [
      "node.listenPort",
      "node.listenAddress",
      "logger.verbosity",
      "registry.routerSmartContractAddress",
      "registry.bypassAuth",
      "registry.gateway.pollInterval",
      "registry.scheduler.pollInterval",
      "registry.provider.pollInterval",
      "rpcProvider",
      "schedulerAddress",
      "nonceCache.ttl",
      "nonceCache.cleanupInterval",
      "proxy.maxIdleConns",
      "proxy.idleConnTimeout",
      "backendProvider",
      "url",
      "fxnId",
      "apiKey",
      "bearerToken",
      "modelNameAlias",
    ])
      expect(paths).toContain(path);
  });
});

describe("any valid configuration", () => {
  const duration = fc.integer({ min: 1, max: 1e9 }).map((ms) => `${ms}ms`);
  const port = fc.nat(65_535);
  const url = fc.webUrl({ validSchemes: ["http", "https"] });
  const count = fc.integer({ min: 1 });
  const some = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }) => fc.record(model, { requiredKeys: [] });
  const tree = some({
    node: some({ listenAddress: fc.ipV4(), listenPort: port, publicIp: fc.ipV6(), publicIpUrl: url }),
    logger: some({ verbosity: fc.constantFrom("DEBUG", "info", "Fatal"), format: fc.constantFrom("json", "human") }),
    rpcProvider: fc.array(url, { minLength: 1 }),
    schedulerAddress: fc
      .array(fc.constantFrom(..."0123456789abcdefABCDEF"), { minLength: 40, maxLength: 40 })
      .map((digits) => `0x${digits.join("")}`),
    registry: some({
      chainId: count,
      bypassAuth: fc.boolean(),
      maxStale: duration,
      gateway: some({ pollInterval: duration }),
    }),
    limits: some({ openaiBody: count, bufferedBodies: count.map((n) => `${n}KB`), concurrent: fc.nat() }),
    queue: some({ size: fc.nat(), timeout: duration }),
    admin: some({
      listen: fc.tuple(fc.ipV4(), port).map(([host, at]) => `${host}:${at}`),
      allowedHosts: fc.array(fc.domain()),
    }),
    keystore: some({ passwordFile: fc.string({ minLength: 1 }).filter((text) => text.trim() !== "") }),
  });

  test("reads the same after being written as YAML", () => {
    fc.assert(
      fc.property(tree, (input) => {
        const config = BOOK.schema.parse(input);
        const file = readYaml("config.yaml", yaml(z.encode(BOOK.schema, config)));
        expect(file.problems).toEqual([]);
        expect(BOOK.schema.parse(file.value)).toEqual(config);
      }),
    );
  });
});
