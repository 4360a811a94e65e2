// A node that answers challenges and a chat as a good one does, but for the lies that a test tells it.
import { CHALLENGERS } from "../../challengers/index.ts";
import { JsonText } from "../../src/core/challenge.ts";
import { FxnError } from "../../src/core/errors.ts";
import { challengeContext, openChallenges } from "./challenges.ts";

/** What is said in place of the true answer. */
export type Lie = (answer: Record<string, unknown>, payload: unknown) => unknown;

const EVENT = (content: string) => `data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`;

export class LyingNode {
  /** By the type of the challenge, or the path. */
  readonly lies = new Map<string, Lie>();
  /** The same; the true answer is not even made. */
  readonly instead = new Map<string, () => Response>();
  /** The stream that answers a chat. */
  chat = `${EVENT("hello")}${EVENT(" there")}data: [DONE]\n\n`;
  chatType = "text/event-stream";
  readonly #challenges = openChallenges(CHALLENGERS, { context: challengeContext() });
  readonly #server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: (request) => this.#answer(request) });

  get url(): string {
    return `http://127.0.0.1:${this.#server.port}`;
  }

  stop(): Promise<void> {
    return this.#server.stop(true);
  }

  async #answer(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (pathname === "/v1/chat/completions") {
      return new Response(this.chat, { headers: { "content-type": this.chatType } });
    }
    if (pathname === "/challenge") return this.#challenge(await request.text());
    if (pathname === "/health") return this.#told(pathname, { status: "ok" });
    return this.#told(pathname, { data: [{ id: "tiny" }] });
  }

  async #challenge(body: string): Promise<Response> {
    const { type, payload } = JSON.parse(body);
    const instead = this.instead.get(type);
    if (instead) return instead();
    try {
      const answer = await this.#challenges.run(type, payload, new AbortController().signal);
      return this.#told(
        type,
        answer instanceof JsonText ? JSON.parse(Buffer.concat(answer.pieces).toString()) : answer,
        payload,
      );
    } catch (error) {
      if (!(error instanceof FxnError)) throw error;
      return Response.json({ error: { message: error.message, code: error.code } }, { status: error.status });
    }
  }

  #told(what: string, truth: unknown, payload?: unknown): Response {
    const lie = this.lies.get(what);
    const instead = this.instead.get(what);
    return instead ? instead() : Response.json(lie ? lie({ ...Object(truth) }, payload) : truth);
  }
}
