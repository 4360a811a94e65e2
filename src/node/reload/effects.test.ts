// What an operator is told of a reload: every change once, in words, and never a secret.
import { describe, expect, test } from "bun:test";
import { takenOver } from "../../config/reload.ts";
import { BOOK, loadConfig, ownNetworksOn } from "../../networks/config.ts";
import { effects } from "./effects.ts";

interface Files {
  readonly config?: string;
  readonly models?: string;
}

async function load({ config = "", models }: Files) {
  const readFile = async (path: string) =>
    path.endsWith("config.yaml") ? config : path.endsWith("model_backend.yaml") ? models : undefined;
  const loaded = await loadConfig({ home: "/home", env: {}, readFile });
  return { ...loaded, models: loaded.models ?? { models: [], catchAll: false }, networks: ownNetworksOn(loaded) };
}

async function told(before: Files, after: Files): Promise<string[]> {
  const [old, now] = [await load(before), await load(after)];
  return effects(old, now, takenOver(old.config, now.config, BOOK)).map(
    ({ kind, of, text }) => `${kind} ${of}: ${text}`,
  );
}

const models = (text: string): Files => ({ models: `models:\n${text}` });
const one = models("  - { id: x, aliases: [a], backends: [{ url: 'http://one:1' }, { url: 'http://two:2/p' }] }");

test("nothing has changed: nothing is said", async () => {
  expect(await told(one, one)).toEqual([]);
  expect(await told({}, {})).toEqual([]);
});

describe("models", () => {
  test("model X loses backend B, and gains another", async () => {
    const after = models(
      "  - { id: x, aliases: [a], backends: [{ url: 'http://one:1' }, { url: 'http://three:3/p' }] }",
    );
    expect(await told(one, after)).toEqual([
      "backend_lost x: model x loses backend http://two:2",
      "backend_gained x: model x gains backend http://three:3",
    ]);
  });

  test("one is new, one is gone", async () => {
    expect(await told(one, models("  - { id: y, backends: [{ url: 'http://one:1' }] }"))).toEqual([
      "model_removed x: model x is gone",
      "model_added y: model y is new, on http://one:1",
    ]);
    expect(await told({}, one)).toEqual(["model_added x: model x is new, on http://one:1, http://two:2"]);
  });

  test("other names, another weight, the order alone", async () => {
    const after = models(
      "  - { id: x, aliases: [b], backends: [{ url: 'http://two:2/p' }, { url: 'http://one:1', weight: 3, maxConcurrent: 7 }] }",
    );
    expect(await told(one, after)).toEqual([
      "model_changed x: model x answers to b too",
      "model_changed x: model x answers to a no more",
      "backend_changed x: model x, backend http://one:1: another weight, maxConcurrent",
    ]);
  });

  test("attack: another key is named, and neither key is shown; nor a path, nor an argument", async () => {
    const of = (key: string, token: string) =>
      models(
        `  - { id: x, backends: [{ url: 'http://one:1/secret-path', apiKey: ${key} }, { provider: process, command: [/opt/run.py, ${token}] }] }`,
      );
    const text = (await told(of("old-key", "old-token"), of("new-key", "new-token"))).join("\n");
    expect(text).toContain("model x, backend http://one:1: another apiKey");
    expect(text).toContain("model x loses backend process:run.py");
    expect(text).not.toMatch(/old-|new-|secret-path/);
  });

  test("from one model for every request to a list", async () => {
    expect(await told({ models: "url: http://one:1\nfxnId: x" }, one)).toContain(
      "model_changed : requests go to the model that they name",
    );
  });
});

describe("networks", () => {
  const oarn = (more: string): Files => ({ config: `networks: { infernet: { enabled: true${more} } }` });

  test("on, off, and with other settings; a share of the places is no new beginning", async () => {
    expect(await told({}, oarn(""))).toEqual(["network_on infernet: network infernet begins"]);
    expect(await told(oarn(""), {})).toEqual([
      "network_off infernet: network infernet ends what it has begun, and takes no more",
    ]);
    expect(await told(oarn(""), oarn(", account: other"))).toContain(
      "network_changed infernet: network infernet ends what it has begun, and begins anew with other settings",
    );
    expect(await told(oarn(""), oarn(", weight: 5"))).toEqual([
      "setting_changed networks.infernet.weight: networks.infernet.weight: 1 -> 5",
    ]);
  });
});

test("the port needs a restart; limits do not", async () => {
  expect(await told({}, { config: "node: { listenPort: 9 }\nlimits: { concurrent: 3, openaiBody: 1MB }" })).toEqual([
    "setting_changed limits.openaiBody: limits.openaiBody: 20MB -> 1MB",
    "setting_changed limits.concurrent: limits.concurrent: 0 -> 3",
    "needs_restart node.listenPort: node.listenPort needs a restart (fxn restart): until then it stays as it is",
  ]);
});
