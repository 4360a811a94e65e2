// The Function Network: gateways call /v1, the scheduler calls /v1 and /challenge, every request signed.
import type { Caller, CallerLimiter, RequestVerifier, Role } from "../../core/auth.ts";
import { type ChallengePort, JsonText } from "../../core/challenge.ts";
import type { InferencePort } from "../../core/inference.ts";
import type { Health, HttpCall, NetworkAdapter, NetworkSession, Route } from "../../core/network.ts";
import { asPart } from "../../core/trace.ts";
import { getModel, listModels } from "./models.ts";

export interface FunctionNetworkConfig {
  /** Bytes. */
  readonly openaiBody: number;
  readonly challengeBody: number;
}

export interface FunctionNetworkPorts {
  readonly verifier: RequestVerifier;
  readonly limits: CallerLimiter;
  readonly inference: InferencePort;
  readonly challenges: ChallengePort;
  /** Whether the registries can tell callers apart. */
  readonly registries: { run(signal: AbortSignal): Promise<void>; health(): Health };
}

const ID = "function";
/** Which callers a route is for. */
const OPENAI: readonly Role[] = ["gateway", "scheduler"];
const CHALLENGE: readonly Role[] = ["scheduler"];

interface Admitted {
  readonly caller: Caller;
  readonly body: Uint8Array;
  /** Gives the caller's place back; a second call does nothing. */
  readonly release: () => void;
}

export const functionNetwork: NetworkAdapter<FunctionNetworkConfig, FunctionNetworkPorts> = { id: ID, open };

function open(config: FunctionNetworkConfig, ports: FunctionNetworkPorts): NetworkSession {
  /** The order matters: headers, then body, then signature, then nonce, then the caller's limits. */
  const admit = (call: HttpCall, roles: readonly Role[]) => asPart(call.trace, "auth", () => admitted(call, roles));

  async function admitted(call: HttpCall, roles: readonly Role[]): Promise<Admitted> {
    const pending = ports.verifier.begin(call.headers, roles);
    const body = await call.body(pending.read);
    const caller = await pending.verify();
    call.note.caller = caller.id;
    call.trace?.admit();
    return { caller, body, release: await ports.limits.admit(caller.id) };
  }

  async function infer(call: HttpCall): Promise<Response> {
    const { caller, body, release } = await admit(call, OPENAI);
    const ended = call.holdOpen();
    const answer = await ports.inference.send({
      id: call.id,
      network: ID,
      caller: caller.id,
      method: call.method === "GET" ? "GET" : "POST",
      path: call.path,
      search: call.search,
      headers: call.headers,
      body,
      signal: call.signal,
      trace: call.trace,
      onEnd: () => {
        release();
        ended();
      },
    });
    call.note.identified = true;
    return answer;
  }

  async function models(call: HttpCall, answer: () => Response): Promise<Response> {
    const { release } = await admit(call, OPENAI);
    try {
      return answer();
    } finally {
      release();
    }
  }

  async function challenge(call: HttpCall): Promise<Response> {
    const { body, release } = await admit(call, CHALLENGE);
    try {
      const answer = await ports.challenges.answer(body, call.signal);
      return answer instanceof JsonText ? jsonResponse(answer) : Response.json(answer);
    } finally {
      release();
    }
  }

  const list = (call: HttpCall) => models(call, () => listModels(ports.inference.models()));
  const one = (call: HttpCall) => models(call, () => getModel(ports.inference.models(), call.path));
  const openai = { maxBody: config.openaiBody };
  const routes: readonly Route[] = [
    { method: "GET", path: "/v1/models", ...openai, handle: list },
    { method: "POST", path: "/v1/models", ...openai, handle: list },
    { method: "GET", path: "/v1/models/*", ...openai, handle: one },
    { method: "POST", path: "/v1/models/*", ...openai, handle: one },
    { method: "GET", path: "/v1/*", ...openai, handle: infer },
    { method: "POST", path: "/v1/*", ...openai, handle: infer },
    { method: "POST", path: "/challenge", maxBody: config.challengeBody, handle: challenge },
  ];
  return {
    routes: () => routes,
    run: (signal) => ports.registries.run(signal),
    health: () => ports.registries.health(),
  };
}

/** More is not copied at once: it would keep other requests waiting. */
const MAX_JOINED_BYTES = 256 * 1024;

/** A small answer whole, with its length; a large one piece by piece, as the caller takes them. */
function jsonResponse({ pieces }: JsonText): Response {
  const headers = { "Content-Type": "application/json" };
  const size = pieces.reduce((sum, piece) => sum + piece.length, 0);
  if (size <= MAX_JOINED_BYTES) return new Response(Buffer.concat(pieces), { headers });
  const rest = pieces.values();
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      const { value, done } = rest.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
  });
  return new Response(stream, { headers });
}
