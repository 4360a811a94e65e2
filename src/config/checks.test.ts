import { describe, expect, test } from "bun:test";
import { loadConfig } from "../networks/config.ts";
import { ConfigError, formatProblem } from "./problems.ts";

async function check(text: string): Promise<{ problems: string[]; warnings: string[] }> {
  try {
    const readFile = async (path: string) => (path === "/h/config.yaml" ? text : undefined);
    const { warnings } = await loadConfig({ home: "/h", env: {}, readFile });
    return { problems: [], warnings: warnings.map(formatProblem) };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { problems: error.problems.map(formatProblem), warnings: [] };
  }
}

describe("settings that contradict each other", () => {
  test.each([
    [
      "bypassAuth where others can reach it",
      "node: {listenAddress: 0.0.0.0}\nregistry:\n  bypassAuth: true\n",
      "config.yaml:3:15: registry.bypassAuth: true lets everyone in who reaches 0.0.0.0: set it to false, or node.listenAddress to 127.0.0.1",
    ],
    [
      "one port for both listeners",
      "node: {listenPort: 9464}\n",
      "config.yaml:1:1: admin.listen: port 9464 is taken by node.listenPort: choose another",
    ],
    [
      "one port, once on every interface",
      "node: {listenPort: 1, listenAddress: 0.0.0.0}\nadmin: {listen: '127.0.0.1:1'}\n",
      "config.yaml:2:17: admin.listen: port 1 is taken by node.listenPort: choose another",
    ],
    [
      "one port, localhost and 127.0.0.1",
      "node: {listenPort: 1}\nadmin: {listen: 'localhost:1'}\n",
      "config.yaml:2:17: admin.listen: port 1 is taken by node.listenPort: choose another",
    ],
    [
      "an admin token that could be guessed, which is not repeated",
      "admin: {token: sesame}\n",
      "config.yaml:1:16: admin.token: shorter than 16 characters: it could be guessed",
    ],
    [
      "a body limit above the memory for bodies",
      "limits: {bufferedBodies: 32MB}\n",
      "config.yaml:1:1: limits.challengeBody: larger than limits.bufferedBodies: a body of that size would never be let in",
    ],
    [
      "data stale before it is read again",
      "registry:\n  maxStale: 30s\n",
      "config.yaml:2:13: registry.maxStale: shorter than registry.gateway.pollInterval (1m): every caller would be refused between two reads",
    ],
    [
      "an ejection longer than the longest",
      "health: {ejection: 1m}\n",
      "config.yaml:1:1: health.maxEjection: shorter than health.ejection (1m)",
    ],
  ])("%s is refused", async (_, text, expected) => {
    expect((await check(text)).problems).toEqual([expected]);
  });

  test.each([
    ["bypassAuth on loopback", "registry: {bypassAuth: true}\n"],
    ["one port on two addresses", "node: {listenPort: 1, listenAddress: 10.0.0.1}\nadmin: {listen: '127.0.0.1:1'}\n"],
    ["free ports for both", "node: {listenPort: 0}\nadmin: {listen: '127.0.0.1:0'}\n"],
  ])("%s is taken without a word", async (_, text) => {
    expect(await check(text)).toEqual({ problems: [], warnings: [] });
  });

  test("an admin listener that others reach is taken with a warning", async () => {
    expect(await check("admin:\n  listen: 0.0.0.0:9464\n")).toEqual({
      problems: [],
      warnings: [
        "config.yaml:2:11: admin.listen: 0.0.0.0 is not a loopback address: whoever reaches it can read /metrics; the rest needs the admin token",
      ],
    });
  });

  test("of two admin tokens the one in the configuration wins, with a warning", async () => {
    expect(await check("admin: {token: 0123456789abcdef, tokenFile: t}\n")).toEqual({
      problems: [],
      warnings: ["config.yaml:1:45: admin.tokenFile: not used: admin.token is set and wins"],
    });
  });
});
