// Callers and job givers of all five networks at once, each at its own pace, and what became of all that they asked for.
import { CHAT, chatBody } from "../e2e/world.ts";
import { answerTo } from "../fakes/answering-model.ts";
import type { PlaneJob } from "../fakes/infernet-store.ts";
import { type FiveNetworks, MODEL } from "./five-networks.ts";

export type NetworkName = "function" | "fedai" | "infernet" | "blindference" | "oarn";

/** How long the loops of callers rest after an answer. */
const PAUSE_MS = 100;
const JOB_LIMIT_MS = 60_000;
/** Then another job is given, whatever has become of the one before. */
const LATE_MS = 30_000;

export class MixedLoad {
  readonly #all: FiveNetworks;
  readonly #loops: Promise<void>[] = [];
  #going = true;
  #questions = 0;
  /** When the latest job of that role was given. */
  readonly #asked = { leader: 0, verifier: 0 };
  /** Answered rightly and whole. */
  readonly done: Record<NetworkName, number> = { function: 0, fedai: 0, infernet: 0, blindference: 0, oarn: 0 };
  /** All else that a caller got, in words. */
  readonly wrong: string[] = [];
  /** When, in wall clock milliseconds, the router had no node that took a request: the client heard that. */
  readonly refused: number[] = [];
  readonly infernetJobs: PlaneJob[] = [];

  constructor(all: FiveNetworks) {
    this.#all = all;
    for (const streamed of [true, false]) {
      this.#loop("function", (question) => this.#function(question, streamed));
      this.#loop("fedai", (question) => this.#fedai(question, streamed));
      this.#loop("infernet", (question) => this.#infernet(question));
    }
    this.#loop("blindference", (question) => this.#blindference(question));
    this.#loop("oarn", (question) => this.#oarn(question));
  }

  /** Nothing new is asked, and all that was has an answer. */
  async end(): Promise<void> {
    this.#going = false;
    await Promise.all(this.#loops);
  }

  #loop(network: NetworkName, once: (question: string) => Promise<string | undefined>): void {
    const run = async () => {
      while (this.#going) {
        const said = await once(`question ${this.#questions++}`).catch(String);
        if (said !== undefined) this.wrong.push(`${network}: ${said}`);
        await Bun.sleep(PAUSE_MS);
      }
    };
    this.#loops.push(run());
  }

  async #function(question: string, streamed: boolean): Promise<string | undefined> {
    const body = chatBody({ model: MODEL, messages: [{ role: "user", content: question }], stream: streamed });
    const reply = await this.#all.world.send(CHAT, body);
    const text = await reply.text();
    const whole = streamed ? text.endsWith("data: [DONE]\n\n") : text.includes(answerTo(question));
    if (reply.status !== 200 || !whole) return `${reply.status} ${text}`;
    this.done.function++;
    return undefined;
  }

  async #fedai(question: string, streamed: boolean): Promise<string | undefined> {
    const { router } = this.#all;
    const request = { requestId: question, modelId: MODEL, prompt: question, maxTokens: 16 };
    const { status, output, error } = await (streamed ? router.stream(request) : router.infer(request));
    const nobody = (status === 502 && error === "node-error") || (status === 503 && error === "no-nodes-available");
    if (nobody) this.refused.push(Date.now());
    else if (status !== 200 || output !== answerTo(question)) return `${status} ${error ?? output}`;
    if (nobody) return undefined;
    this.done.fedai++;
    return undefined;
  }

  /** One that no node takes is the control plane's to refuse. */
  async #infernet(question: string): Promise<string | undefined> {
    const { planeUrl, plane } = this.#all;
    const body = JSON.stringify({ messages: [{ role: "user", content: question }], modelName: MODEL, maxTokens: 16 });
    const reply = await fetch(`${planeUrl}/api/chat`, { method: "POST", body });
    const { jobId = "" }: { jobId?: string } = JSON.parse(await reply.text());
    const job = plane.store.jobs.get(jobId);
    if (!job) return undefined;
    this.infernetJobs.push(job);
    const end = Date.now() + JOB_LIMIT_MS;
    while (job.status === "assigned" && Date.now() < end) await Bun.sleep(20);
    const ends = job.events.filter(({ event_type: type }) => type === "done" || type === "error");
    if (job.status !== "completed" || job.completed !== 1 || ends.length !== 1)
      return `${job.status}, completed ${job.completed} times, ${ends.length} ends: ${job.error}`;
    this.done.infernet++;
    return undefined;
  }

  async #blindference(question: string): Promise<undefined> {
    const { quorum } = this.#all;
    for (const role of ["leader", "verifier"] as const) {
      const isLate = Date.now() - this.#asked[role] > LATE_MS;
      if (quorum.open(role) > 0 && !isLate) continue;
      this.#asked[role] = Date.now();
      await quorum.ask(role, question, answerTo(question));
    }
    await quorum.vote();
    this.done.blindference = quorum.asked.length - quorum.open("leader") - quorum.open("verifier");
  }

  async #oarn(question: string): Promise<undefined> {
    const { requester } = this.#all;
    if (requester.open() === 0) await requester.ask(MODEL, question, answerTo(question));
    await requester.decide();
    this.done.oarn = requester.asked.length - requester.open();
  }
}
