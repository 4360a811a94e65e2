// Which model the prompt from end to end went to, on a listener that answers as a test says; the real one: test/e2e/doctor.test.ts.
import { afterEach, beforeEach, expect, test } from "bun:test";
import type { BackendHealth } from "../../inference/health.ts";
import { PROMPT_CHECKS } from "./prompt.ts";

const CHAT = "/v1/chat/completions";

let server: Bun.Server<undefined>;
/** Bodies that came. */
let asked: unknown[];
let closed: number;
beforeEach(() => {
  [asked, closed] = [[], 0];
  server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      asked.push(await request.json());
      return Response.json({ choices: [] });
    },
  });
});
afterEach(() => server.stop(true));

const up = (models: string[], aliases: string[] = []): BackendHealth => ({
  ...{
    backend: "http://a:1",
    kind: "openai",
    state: "closed",
    available: true,
    models,
    names: [...models, ...aliases],
  },
  ...{ inflight: 0, ejectedForMs: 0, lastError: undefined },
});
async function ask(...backends: BackendHealth[]) {
  const look = {
    listener: () => ({
      open: async () => ({ port: server.port ?? expect.unreachable(), seconds: 1 }),
      close: async () => void closed++,
    }),
    health: () => ({ backends }),
    routesOf: (model: string) => (model.startsWith("embed") ? ["/v1/embeddings"] : [CHAT]),
  };
  const [check = expect.unreachable()] = PROMPT_CHECKS;
  const { state, message } = await check.run(look, AbortSignal.timeout(5000));
  return [state, message];
}

test("which of how many models was asked is said, where there is more than one", async () => {
  expect(await ask(up(["tiny"], ["small", "little"]))).toEqual(["ok", expect.stringMatching(/^tiny in \d+ ms$/)]);
  // Two servers have the same, and one that is left out has another.
  const out: BackendHealth = { ...up(["big"]), state: "open" };
  const several = await ask(out, up(["embed", "tiny", "other"]), up(["tiny", "last"]));
  expect(several).toEqual(["ok", expect.stringMatching(/^tiny \(1 of 5 models\) in \d+ ms$/)]);
  expect(asked).toEqual(Array(2).fill(expect.objectContaining({ model: "tiny", max_tokens: 1 })));
  expect(closed).toBe(2);
});

test("without a model that writes text there is nobody to ask", async () => {
  expect(await ask(up(["embed"]))).toEqual(["skip", "no model server that writes text works"]);
  expect(asked).toEqual([]);
});
