// The rest of a quorum of Blindference: users who ask, the other member, which delivers or votes honestly, and the ICL's judgement.
import type { EthereumAccount } from "../../src/core/ethereum.ts";
import { commitmentOf } from "../../src/networks/blindference/commitment.ts";
import { signedHeaders } from "../../src/networks/blindference/request-signing.ts";
import { accountOf } from "./blindference-account.ts";
import type { IclJob } from "./blindference-icl.ts";
import type { World } from "./blindference-world.ts";

interface Asked {
  readonly job: IclJob;
  readonly role: "leader" | "verifier";
  readonly answer: string;
}

export class BlindferenceQuorum {
  readonly #world: World;
  readonly #node: EthereumAccount;
  readonly #other = accountOf("9".repeat(64));
  readonly asked: Asked[] = [];

  constructor(world: World, node: EthereumAccount) {
    this.#world = world;
    this.#node = node;
  }

  /** Jobs of that role on which this node has not delivered. */
  open(role: Asked["role"]): number {
    return this.asked.filter((one) => one.role === role && !hasDelivered(one)).length;
  }

  async ask(role: Asked["role"], prompt: string, answer: string): Promise<void> {
    const members = role === "leader" ? [this.#node, this.#other] : [this.#other, this.#node];
    const job = await this.#world.job(prompt, members);
    if (role === "verifier") {
      const cid = await this.#world.put(crypto.getRandomValues(new Uint8Array(64)));
      await this.#post("result", {
        jobId: job.id,
        output_cid: cid,
        commitment_hash: commitmentOf(cid, answer),
        encrypted_output_key_high: "1",
        encrypted_output_key_low: "2",
      });
    }
    this.asked.push({ job, role, answer });
  }

  /** The other member agrees with what was delivered rightly. */
  async vote(): Promise<void> {
    for (const { job, role, answer } of this.asked) {
      if (role !== "leader" || !job.result || job.votes.size > 0) continue;
      const { output_cid: cid } = job.result;
      const body = {
        jobId: job.id,
        verifier_address: this.#other.checksumAddress,
        verdict: "CONFIRM",
        confidence: 100,
      };
      await this.#post("verify", { ...body, commitment_hash: commitmentOf(cid, answer) });
    }
  }

  /** What must hold of those that have settled, in words where it does not. */
  faults(settled: ReadonlySet<string>): string[] {
    const delivered = this.asked.filter(({ job }) => settled.has(job.id));
    const each = delivered.flatMap(({ job, role, answer }) => {
      const said: string[] = [];
      const wrong = (what: string) => said.push(`${role} of ${job.id.slice(0, 10)}: ${what}`);
      if (job.status !== "accepted") wrong(job.status);
      if (role === "leader" && job.calls.results !== 1) wrong(`${job.calls.results} results`);
      if (role === "leader" && job.result && this.#world.answerOf(job) !== answer) wrong("another answer");
      if (role === "verifier" && job.votes.get(this.#node.checksumAddress)?.verdict !== "CONFIRM") wrong("no CONFIRM");
      return said;
    });
    const { violations, chain } = this.#world.icl;
    return [...each, ...violations, ...chain.filter((line) => line.startsWith("fail"))];
  }

  async #post(what: "result" | "verify", json: object): Promise<void> {
    const body = JSON.stringify(json);
    const headers = new Headers(signedHeaders(this.#other, body, Math.floor(Date.now() / 1000)));
    await this.#world.icl.handle({ method: "POST", path: `/internal/task/${what}`, headers, body });
  }
}

function hasDelivered({ job, role }: Asked): boolean {
  return role === "leader" ? job.result !== undefined : job.votes.size > 0;
}
