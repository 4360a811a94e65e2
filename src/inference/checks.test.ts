// What the model servers' checks find: servers that are down, that have other models, and that only fail requests.
import { afterEach, describe, expect, test } from "bun:test";
import { until } from "../../test/e2e/until.ts";
import { backend, InferenceRig, oneModel } from "../../test/fakes/inference-rig.ts";
import { hang, healthy, json, ModelServer } from "../../test/fakes/model-server.ts";

const servers: ModelServer[] = [];
const rigs: InferenceRig[] = [];
afterEach(() => {
  for (const rig of rigs.splice(0)) rig.stop();
  for (const server of servers.splice(0)) server.stop();
});

async function serve(behave = healthy): Promise<ModelServer> {
  const server = await ModelServer.start(behave);
  servers.push(server);
  return server;
}

function rigOf(...[models, settings]: ConstructorParameters<typeof InferenceRig>): InferenceRig {
  const rig = new InferenceRig(models, settings);
  rigs.push(rig);
  return rig;
}

const ask = async (rig: InferenceRig, id: string) => {
  const check = rig.inference.checks().find((one) => one.id === id) ?? expect.unreachable();
  const { state, message } = await check.run(AbortSignal.timeout(5000));
  return [state, message];
};
const ill = json({}, 503);
const listing =
  (...ids: string[]): typeof healthy =>
  (received, response) =>
    (received.path === "/v1/models" ? json({ data: ids.map((id) => ({ id })) }) : healthy)(received, response);

describe("backend.answers", () => {
  test("one server of two is yellow, since the other does its work; the last one is red", async () => {
    const [good, bad] = [await serve(), await serve(ill)];
    const both = rigOf(oneModel(backend(good.url), backend(bad.url)));
    expect(await ask(both, "backend.answers")).toEqual([
      "warn",
      `${bad.url}: the health probe was answered 503; other servers do its work`,
    ]);
    good.behave = ill;
    const [state, message] = await ask(both, "backend.answers");
    expect([state, message]).toEqual(["fail", expect.stringMatching(/; nothing serves tiny$/)]);
    good.behave = bad.behave = healthy;
    expect(await ask(both, "backend.answers")).toEqual(["ok", `${good.url}, ${bad.url}`]);
  });

  test("a server that passes its probe and fails requests is red as long as it is left out", async () => {
    const server = await serve();
    const rig = rigOf(oneModel(backend(server.url)), {
      health: { failures: 1, ejection: 60_000, maxEjection: 60_000 },
    });
    server.behave = (received, response) =>
      received.method === "POST" ? void response.socket?.destroy() : healthy(received, response);
    await rig.chat();
    const [state, message] = await ask(rig, "backend.answers");
    expect([state, message]).toEqual(["fail", expect.stringContaining(`${server.url} is left out: `)]);
  });

  test("one that hangs hides neither that others do the work nor what they have", async () => {
    const [good, hanging] = [await serve(), await serve(hang())];
    const rig = rigOf(oneModel(backend(good.url), backend(hanging.url)), { health: { timeout: 100 } });
    const late = `${hanging.url}: no answer within 0.1 s`;
    expect(await ask(rig, "backend.answers")).toEqual(["warn", `${late}; other servers do its work`]);
    expect(await ask(rig, "backend.models")).toEqual(["warn", late]);
    good.stop();
    expect(await ask(rig, "backend.answers")).toEqual(["fail", expect.stringMatching(/; nothing serves tiny$/)]);
  });

  test("several that hang are asked together", async () => {
    const hanging = [await serve(hang()), await serve(hang()), await serve(hang())];
    const rig = rigOf(oneModel(...hanging.map(({ url }) => backend(url))), { health: { timeout: 60_000 } });
    const check = rig.inference.checks().find(({ id }) => id === "backend.models") ?? expect.unreachable();
    const ending = new AbortController();
    const asked = check.run(ending.signal).catch(() => undefined);
    // One after the other would take 8 s each.
    await until(() => hanging.every(({ received }) => received.some(({ path }) => path === "/v1/models")), 10_000);
    ending.abort();
    await asked;
  });

  test("where the one that is heard lacks the model nobody is said to do its work", async () => {
    const [other, hanging] = [await serve(listing("other")), await serve(hang())];
    const rig = rigOf(oneModel(backend(other.url), backend(hanging.url)), { health: { timeout: 100 } });
    const late = `${hanging.url}: no answer within 0.1 s`;
    expect(await ask(rig, "backend.models")).toEqual(["warn", `${other.url} does not have tiny; ${late}`]);
  });

  test("no server at all is not its affair", async () => {
    expect(await ask(rigOf({ models: [], catchAll: false }), "backend.answers")).toEqual(["skip", "there is none"]);
  });
});

describe("what a kind of server brings", () => {
  const KEY = "backend.vllm.key";
  const limited: typeof healthy = (received, response) =>
    (received.path === "/v1/models" ? json({}, 429) : healthy)(received, response);

  test("of several servers it is one check: what is not well with any of them is the answer", async () => {
    const [good, bad, worse] = [await serve(), await serve(limited), await serve(json({}, 401))];
    const rig = rigOf(oneModel(...[good, bad, worse].map(({ url }) => backend(url, { provider: "vllm" }))));
    expect(rig.inference.checks().filter(({ id }) => id === KEY)).toHaveLength(1);
    const others = "; other servers do its work";
    expect(await ask(rig, KEY)).toEqual(["warn", `${worse.url} wants a key: 401${others}`]);
    good.behave = bad.behave = json({}, 401);
    const [red, all] = await ask(rig, KEY);
    expect([red, all]).toEqual(["fail", [good, bad, worse].map(({ url }) => `${url} wants a key: 401`).join("; ")]);
    good.behave = healthy;
    bad.behave = limited;
    worse.behave = healthy;
    expect(await ask(rig, KEY)).toEqual(["warn", `${bad.url} takes no more requests for now: 429`]);
    bad.stop();
    const [state, message] = await ask(rig, KEY);
    expect([state, message]).toEqual(["ok", `${good.url} lets the node in; ${worse.url} lets the node in`]);
  });
});

test("what a server is used for is asked of all models that it has, not only of the first", async () => {
  const server = await serve((received, response) =>
    (received.path === "/v1/models" ? json({ data: [{ id: "tiny", max_model_len: 512 }] }) : healthy)(
      received,
      response,
    ),
  );
  const having = (id: string, route: string) => {
    return { id, aliases: [], backends: [backend(server.url, { provider: "vllm", routes: [route] })] };
  };
  const context = (...models: ReturnType<typeof having>[]) =>
    ask(rigOf({ catchAll: false, models }), "backend.vllm.context");
  const [embeds, writes] = [having("bge", "/v1/embeddings"), having("tiny", "/v1/completions")];
  expect((await context(embeds))[0]).toBe("skip");
  expect((await context(embeds, writes))[0]).toBe("warn");
  expect((await context(writes, embeds))[0]).toBe("warn");
});

describe("queue.room", () => {
  test("queue near limit: yellow before one more is refused", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const server = await serve(async (received, response) => {
      if (received.method === "POST") await promise;
      await healthy(received, response);
    });
    const rig = rigOf(oneModel(backend(server.url, { maxConcurrent: 1 })), { queue: { size: 4 } });
    expect(await ask(rig, "queue.room")).toEqual(["ok", "nobody waits"]);
    const running = Array.from({ length: 5 }, () => rig.chat());
    await until(async () => rig.inference.health().waiting.tiny === 4);
    expect(await ask(rig, "queue.room")).toEqual(["warn", "4 of at most 4 wait for tiny"]);
    resolve();
    await Promise.all(running);
    expect(await ask(rig, "queue.room")).toEqual(["ok", "nobody waits"]);
  });
});

describe("backend.models", () => {
  test("the name that the server knows is looked for, with Ollama's tag or without", async () => {
    const server = await serve(listing("llama:latest", "other"));
    const one = (model: string | undefined) => ask(rigOf(oneModel(backend(server.url, { model }))), "backend.models");
    expect(await one(undefined)).toEqual(["fail", `${server.url} does not have tiny`]);
    expect(await one("llama")).toEqual(["ok", "tiny"]);
    expect(await one("other")).toEqual(["ok", "tiny"]);
  });

  test("the Go form takes any model, but not none", async () => {
    const server = await serve(listing("whatever"));
    const goForm = () => rigOf({ ...oneModel(backend(server.url)), catchAll: true });
    expect((await ask(goForm(), "backend.models"))[0]).toBe("ok");
    server.behave = listing();
    expect(await ask(goForm(), "backend.models")).toEqual(["fail", `${server.url} has no model`]);
  });

  test("a server that does not tell is yellow: a call may work all the same", async () => {
    const server = await serve(json({}, 404));
    expect(await ask(rigOf(oneModel(backend(server.url))), "backend.models")).toEqual([
      "warn",
      `${server.url}: /v1/models answered 404`,
    ]);
  });
});
