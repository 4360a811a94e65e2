// Challenges in a worker: it verifies who asks, and the node answers; there is one of it, as there is one GPU.
import { type ChallengePort, JsonText } from "../../core/challenge.ts";
import { FxnError } from "../../core/errors.ts";
import { errorOf, failureOf } from "../../gpu/process/errors.ts";
import { failure } from "../../gpu/process/protocol.ts";
import { callControl } from "../../lib/control-socket.ts";

/** The worker's side. */
export function remoteChallenges(home: string): ChallengePort {
  return {
    async answer(body, signal) {
      const call = { method: "POST", path: "/challenge", body, signal } as const;
      const reply = await callControl(home, call).catch((error: unknown) => {
        throw signal.aborted ? new FxnError("client_closed_request", 499, "the caller left before the answer") : error;
      });
      if (!reply) throw new FxnError("challenge_unavailable", 503, "this node is stopping");
      if (reply.status === 200) return new JsonText(reply.pieces);
      throw errorOf(failure.parse(JSON.parse(Buffer.concat(reply.pieces).toString("utf8"))));
    },
  };
}

/** The node's side. */
export async function answerWorker(
  challenges: ChallengePort,
  body: Uint8Array,
  signal: AbortSignal,
): Promise<Response> {
  try {
    const answer = await challenges.answer(body, signal);
    if (!(answer instanceof JsonText)) return Response.json(answer);
    return new Response(new Blob([...answer.pieces]));
  } catch (error) {
    return Response.json(failureOf(error), { status: 500 });
  }
}
