// The routes of fed_AI's node. Each answers in the wire's words, and to its exact path: a query is another path.
import { FxnError, messageOf } from "../../core/errors.ts";
import type { HttpCall, Route } from "../../core/network.ts";
import { FedaiError, wireFailure } from "./errors.ts";
import { type FedaiNode, troubleOf } from "./fedai-node.ts";
import type { Inference } from "./infer/infer.ts";
import type { AuctionHouse } from "./offload/auction-house.ts";

/** GET has no body to speak of. */
const NO_BODY = 1024;

export function fedaiRoutes(node: FedaiNode, inference: Inference, auctions: AuctionHouse): readonly Route[] {
  const { settings, ports, metrics } = node;
  const started = ports.clock.monotonic();
  const maxBody = settings.limits.requestBytes;
  const get = (path: string, answer: () => Response | Promise<Response>): Route =>
    route("GET", path, NO_BODY, async () => answer());
  const post = (path: string, handle: Route["handle"]): Route => route("POST", path, maxBody, handle);

  function route(method: Route["method"], path: string, most: number, handle: Route["handle"]): Route {
    return { method, path, maxBody: most, handle: (call) => answered(call, handle) };
  }

  async function answered(call: HttpCall, handle: Route["handle"]): Promise<Response> {
    try {
      if (call.search !== "") throw new FedaiError("not-found", 404, "a query is not part of any path");
      return await handle(call);
    } catch (error) {
      if (error instanceof FxnError) {
        call.note.reason = error.code;
        return wireFailure(error);
      }
      ports.log.error({ id: call.id, error: messageOf(error) }, "request failed");
      return Response.json({ error: "internal-error" }, { status: 500 });
    }
  }

  function status(): Response {
    const trouble = troubleOf(node);
    const health = trouble === undefined ? { ok: true } : { ok: false, detail: trouble };
    return Response.json({
      ok: true,
      uptimeMs: Math.round(ports.clock.monotonic() - started),
      nodeId: node.nodeId,
      runner: { name: "fxn", health },
      inFlight: node.load.withFormer,
      capacity: node.load.capacity(),
      payments: {
        requirePayment: settings.payments.required,
        verificationEnabled: settings.payments.verify.url !== undefined,
      },
    });
  }

  return [
    get("/health", () => Response.json({ ok: true })),
    get("/status", status),
    get(
      "/metrics",
      async () => new Response(await metrics.text(), { headers: { "content-type": metrics.contentType } }),
    ),
    post("/infer", (call) => inference.whole(call)),
    post("/infer/stream", (call) => inference.streamed(call)),
    post("/offload/rfb", (call) => auctions.bid(call)),
    post("/offload/award", (call) => auctions.award(call)),
  ];
}
