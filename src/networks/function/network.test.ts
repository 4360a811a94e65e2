// The order of a call's steps, who each route is for, and that a caller's place is given back in every ending.
import { describe, expect, test } from "bun:test";
import type { Role } from "../../core/auth.ts";
import { JsonText } from "../../core/challenge.ts";
import { FxnError } from "../../core/errors.ts";
import type { InferenceCall } from "../../core/inference.ts";
import type { CallNote, HttpCall } from "../../core/network.ts";
import { functionNetwork } from "./network.ts";

const CALLER = "0x1111111111111111111111111111111111111111";
const LIMITS = { openaiBody: 20, challengeBody: 64 };
const REFUSED = new FxnError("refused", 401, "no");

/** Which step throws, and what the two services answer. */
interface Script {
  readonly fail?: "begin" | "body" | "verify" | "admit" | "send" | "challenge";
  readonly body?: string | Uint8Array;
  readonly answer?: unknown;
}

/** A session whose parts write down what is asked of them, in order. */
function setUp({ fail, body = "{}", answer = { fine: true } }: Script = {}) {
  const steps: string[] = [];
  const asked: { roles?: readonly Role[]; verified?: Uint8Array; call?: InferenceCall; challenge?: unknown[] } = {};
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  const step = (name: string) => {
    steps.push(name);
    if (name === fail) throw REFUSED;
  };
  const session = functionNetwork.open(LIMITS, {
    verifier: {
      begin(_headers, roles) {
        asked.roles = roles;
        step("begin");
        const parts: Uint8Array[] = [];
        return {
          read: (part) => parts.push(part),
          verify() {
            asked.verified = Buffer.concat(parts);
            step("verify");
            return { id: CALLER, role: "gateway" };
          },
        };
      },
    },
    limits: {
      admit(caller) {
        step("admit");
        expect(caller).toBe(CALLER);
        return () => step("release");
      },
    },
    inference: {
      async send(call) {
        asked.call = call;
        try {
          step("send");
        } catch (error) {
          call.onEnd();
          throw error;
        }
        return new Response("streaming");
      },
      models: () => [
        { id: "tiny", created: 7, routes: [], kinds: [] },
        { id: "org/name with space", created: 7, routes: [], kinds: [] },
      ],
    },
    challenges: {
      async answer(challenge, signal) {
        asked.challenge = [Buffer.from(challenge).toString(), signal];
        step("challenge");
        return answer;
      },
    },
    registries: {
      run: async () => step("run"),
      health: () => ({ ready: false, reasons: ["never read"] }),
    },
  });

  /** The way of the server: the first route that fits. */
  function routeOf(method: string, path: string) {
    const fits = (pattern: string) =>
      pattern.endsWith("/*") ? path.startsWith(pattern.slice(0, -1)) : path === pattern;
    const route = session.routes().find((one) => one.method === method && fits(one.path));
    if (!route) throw new Error(`no route for ${method} ${path}`);
    return route;
  }

  const note: CallNote = {};
  const { signal } = new AbortController();
  function ask(method: "GET" | "POST", path: string): Promise<Response> {
    const call: HttpCall = {
      id: "r1",
      method,
      path,
      search: "?a=b",
      headers: new Headers({ accept: "x/y" }),
      signal,
      async body(onPart) {
        step("body");
        onPart?.(bytes.subarray(0, 1));
        onPart?.(bytes.subarray(1));
        return bytes;
      },
      holdOpen() {
        step("held open");
        return () => step("ended");
      },
      note,
    };
    return routeOf(method, path).handle(call);
  }
  return { session, steps, asked, ask, note, bytes, signal, routeOf };
}

async function codeOf(answer: Promise<Response>): Promise<string> {
  return answer.then(
    ({ status }) => String(status),
    (error: unknown) => (error instanceof FxnError ? `${error.status} ${error.code}` : String(error)),
  );
}

const CHAT = "/v1/chat/completions";
const CHALLENGE = `{"type":"IDENTITY","payload":{"a":1}}`;
const ADMITTED = ["begin", "body", "verify", "admit"];

describe("the order of steps", () => {
  test("inference: headers, body, signature, limits, and the place is held until the answer has ended", async () => {
    const { ask, asked, steps, note, bytes, signal } = setUp();
    expect(await (await ask("POST", CHAT)).text()).toBe("streaming");
    expect(steps).toEqual([...ADMITTED, "held open", "send"]);
    expect(asked.verified).toEqual(Buffer.from(bytes));
    expect(note).toEqual({ caller: CALLER, identified: true });
    const { onEnd, headers, ...call } = asked.call!;
    expect(call).toEqual({
      id: "r1",
      network: "function",
      caller: CALLER,
      method: "POST",
      path: CHAT,
      search: "?a=b",
      body: bytes,
      signal,
    });
    expect(headers.get("accept")).toBe("x/y");
    onEnd();
    expect(steps.slice(6)).toEqual(["release", "ended"]);
  });

  test("models and challenges: the same, and the place is given back with the answer", async () => {
    const models = setUp();
    await models.ask("GET", "/v1/models");
    expect(models.steps).toEqual([...ADMITTED, "release"]);
    const challenged = setUp({ body: CHALLENGE });
    expect(await (await challenged.ask("POST", "/challenge")).json()).toEqual({ fine: true });
    expect(challenged.steps).toEqual([...ADMITTED, "challenge", "release"]);
    expect(challenged.asked.challenge).toEqual([CHALLENGE, challenged.signal]);
  });

  for (const [route, method] of [
    [CHAT, "POST"],
    ["/v1/models", "GET"],
    ["/v1/models/tiny", "GET"],
    ["/challenge", "POST"],
  ] as const) {
    for (const [index, fail] of (["begin", "body", "verify", "admit"] as const).entries()) {
      test(`${method} ${route}: a refusal at "${fail}" is the last step, and nothing is released that was not taken`, async () => {
        const { ask, steps, note } = setUp({ fail, body: CHALLENGE });
        expect(await codeOf(ask(method, route))).toBe("401 refused");
        expect(steps).toEqual(ADMITTED.slice(0, index + 1));
        // Who it claims to be is not who it is.
        expect(note.caller).toBe(fail === "admit" ? CALLER : undefined);
      });
    }
  }
});

describe("every ending gives the place back", () => {
  test("inference that throws", async () => {
    const { ask, steps } = setUp({ fail: "send" });
    expect(await codeOf(ask("POST", CHAT))).toBe("401 refused");
    expect(steps).toEqual([...ADMITTED, "held open", "send", "release", "ended"]);
  });

  test("a challenge that fails, a model that is not there", async () => {
    const failed = setUp({ fail: "challenge", body: CHALLENGE });
    expect(await codeOf(failed.ask("POST", "/challenge"))).toBe("401 refused");
    expect(failed.steps.at(-1)).toBe("release");
    const missing = setUp();
    expect(await codeOf(missing.ask("POST", "/v1/models/nope"))).toBe("404 model_not_found");
    expect(missing.steps).toEqual([...ADMITTED, "release"]);
  });
});

test("an answer that is JSON text already is passed on as it is, a small one and one of many pieces", async () => {
  const encode = (text: string) => new TextEncoder().encode(text);
  for (const middle of ["1", "1,".repeat(300_000)]) {
    const pieces = [`{"C":[[`, middle, "2]]}"].map(encode);
    const response = await setUp({ answer: new JsonText(pieces) }).ask("POST", "/challenge");
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(await response.text()).toBe(`{"C":[[${middle}2]]}`);
  }
});

describe("routes", () => {
  test("gateways and the scheduler call /v1, the scheduler alone challenges, each with its own largest body", async () => {
    for (const [method, path] of [
      ["GET", "/v1/models"],
      ["POST", "/v1/models"],
      ["GET", "/v1/models/tiny"],
      ["POST", "/v1/models/tiny"],
      ["GET", "/v1/anything"],
      ["POST", CHAT],
    ] as const) {
      const { ask, asked, routeOf } = setUp();
      await ask(method, path);
      expect([method, path, asked.roles]).toEqual([method, path, ["gateway", "scheduler"]]);
      expect(routeOf(method, path).maxBody).toBe(LIMITS.openaiBody);
    }
    const { ask, asked, routeOf } = setUp({ body: CHALLENGE });
    await ask("POST", "/challenge");
    expect(asked.roles).toEqual(["scheduler"]);
    expect(routeOf("POST", "/challenge").maxBody).toBe(LIMITS.challengeBody);
    expect(() => routeOf("GET", "/challenge")).toThrow("no route");
  });

  test("the models, as a list and one by one, with slashes and escapes in their ids", async () => {
    const card = (id: string) => ({ id, object: "model", created: 7, owned_by: "fxn", fxn_id: id });
    const { ask } = setUp();
    const all = { object: "list", data: [card("tiny"), card("org/name with space")] };
    expect(await (await ask("GET", "/v1/models")).json()).toEqual(all);
    expect(await (await ask("POST", "/v1/models")).json()).toEqual(all);
    for (const path of ["org/name%20with%20space", "org%2Fname%20with%20space"]) {
      expect(await (await ask("GET", `/v1/models/${path}`)).json()).toEqual(card("org/name with space"));
    }
    expect(await codeOf(ask("GET", "/v1/models/100%"))).toBe("404 model_not_found");
  });
});

test("a session works as its registries do", async () => {
  const { session, steps, signal } = setUp();
  await session.run(signal);
  expect(steps).toEqual(["run"]);
  expect(session.health()).toEqual({ ready: false, reasons: ["never read"] });
});
