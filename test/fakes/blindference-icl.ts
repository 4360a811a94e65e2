// The coordinator of Blindference as its source has it: what it checks and what it does not, its clock, its quorums, its errors.
import { recoverMessageAddress } from "viem";
import { z } from "zod";

export interface IclJob {
  readonly id: string;
  readonly leader: string;
  readonly verifiers: readonly string[];
  readonly modelId: string;
  readonly promptCid: string;
  readonly userAddress: string;
  /** Decimal texts; null: only the claim gives them. */
  readonly handles: { readonly high: string | null; readonly low: string | null };
  readonly claimHandles: { readonly high: bigint; readonly low: bigint };
  status: "queued" | "accepted" | "rejected" | "timedout";
  /** By node: when it claimed, unix milliseconds, or how it stands. */
  readonly sub: Map<string, { state: "claimed" | "completed" | "failed"; at: number }>;
  result: LeaderResult | undefined;
  readonly votes: Map<string, Vote>;
  /** How often each call was made. */
  readonly calls: { claims: string[]; results: number; votes: string[] };
}

const leaderResult = z.object({
  jobId: z.string().min(1),
  job_id: z.string().min(1).optional(),
  output_cid: z.string().min(1),
  commitment_hash: z.string().regex(/^[0-9a-f]{64}$/),
  encrypted_output_key_high: z.string().regex(/^\d+$/),
  encrypted_output_key_low: z.string().regex(/^\d+$/),
  encrypted_output_key_inputs: z.object({ high: z.looseObject({}), low: z.looseObject({}) }).optional(),
  output_key_store_tx: z
    .string()
    .regex(/^0x[0-9a-f]{64}$/)
    .optional(),
});
export type LeaderResult = z.output<typeof leaderResult>;

const vote = z.object({
  jobId: z.string().min(1),
  verifier_address: z.string(),
  commitment_hash: z.string().regex(/^[0-9a-f]{64}$/),
  verdict: z.enum(["CONFIRM", "REJECT"]),
  confidence: z.int().min(0).max(100),
});
export type Vote = z.output<typeof vote>;

interface Operator {
  readonly models: readonly string[];
  lastBeat: number;
  readonly expires: number;
  readonly attestations: number;
}

export interface IclRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Headers;
  readonly body: string;
}

/** JSON text: handles are bare integers that no double holds. */
export interface IclReply {
  readonly status: number;
  readonly text: string;
}

export type IclFault =
  | { readonly kind: "status"; readonly status: number }
  /** It was done, and the answer was lost. */
  | { readonly kind: "lost" }
  /** Nothing was done. */
  | { readonly kind: "refused" };

const CLAIM_MS = 300_000;

export class BlindferenceIcl {
  readonly #now: () => number;
  readonly jobs = new Map<string, IclJob>();
  readonly operators = new Map<string, Operator>();
  /** What the staking contract would have heard, in order: "fail 0x…", "reset 0x…". */
  readonly chain: string[] = [];
  readonly failures = new Map<string, number>();
  readonly slashed: string[] = [];
  /** Requests that were not as the wire has them; the real one takes them all the same. */
  readonly violations: string[] = [];
  readonly seen: IclRequest[] = [];
  /** By the beginning of a path: what happens to the next calls. */
  readonly faults: { path: string; fault: IclFault; times: number }[] = [];
  #challenges = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  add(
    job: Pick<
      IclJob,
      "id" | "leader" | "verifiers" | "modelId" | "promptCid" | "userAddress" | "handles" | "claimHandles"
    >,
  ): IclJob {
    const added: IclJob = {
      ...job,
      status: "queued",
      sub: new Map(),
      result: undefined,
      votes: new Map(),
      calls: { claims: [], results: 0, votes: [] },
    };
    this.jobs.set(job.id, added);
    return added;
  }

  /** It lost its memory, as after a restart; jobs are in its database. */
  forgetOperators(): void {
    this.operators.clear();
  }

  fail(path: string, fault: IclFault, times = 1): void {
    this.faults.push({ path, fault, times });
  }

  /** Undefined: no answer came. */
  async handle(request: IclRequest): Promise<IclReply | undefined> {
    this.seen.push(request);
    await this.#inspect(request);
    const fault = this.#faultOf(request.path);
    if (fault?.kind === "refused") return undefined;
    if (fault?.kind === "status") return detail(fault.status, "out of order");
    const reply = this.#route(request);
    return fault ? undefined : reply;
  }

  #faultOf(path: string): IclFault | undefined {
    const found = this.faults.find((one) => path.startsWith(one.path) && one.times > 0);
    if (found) found.times -= 1;
    return found?.fault;
  }

  /** Signed by the address that it names, over the text of the body and the time. */
  async #inspect({ headers, body, path }: IclRequest): Promise<void> {
    const address = headers.get("x-node-address") ?? "";
    const timestamp = headers.get("x-timestamp") ?? "";
    const signature = headers.get("x-signature") ?? "";
    if (headers.get("content-type") !== "application/json") this.violations.push(`${path}: content type`);
    if (Math.abs(Number(timestamp) * 1000 - this.#now()) > 2000) this.violations.push(`${path}: time ${timestamp}`);
    if (!/^0x[0-9a-f]{130}$/.test(signature)) {
      this.violations.push(`${path}: signature`);
      return;
    }
    const signer = await recoverMessageAddress({ message: body + timestamp, signature: `0x${signature.slice(2)}` });
    if (signer !== address) this.violations.push(`${path}: signed by ${signer}, not ${address}`);
  }

  #route({ method, path, body }: IclRequest): IclReply {
    const [, top, name, id, last] = path.split("/");
    const key = `${method} /${top}/${name}`;
    if (key === "GET /internal/challenge") return this.#challenge();
    if (key === "GET /internal/assignments") return this.#assignments(decodeURIComponent(id ?? ""));
    if (key === "GET /internal/jobs" && last === "status") return this.#status(decodeURIComponent(id ?? ""));
    if (path === "/v1/nodes/active")
      return ok([...this.operators.keys()].map((one) => ({ operator_address: one, active: true })));
    if (method !== "POST") return detail(404, "Not Found");
    const json = parsed(body);
    if (json === undefined) return detail(400, "Invalid JSON body");
    if (path === "/internal/attestation/verify") return this.#attest(json);
    if (path === "/internal/heartbeat") return this.#heartbeat(json);
    if (path === "/internal/task/claim") return this.#claim(json);
    if (path === "/internal/task/result") return this.#result(json);
    if (path === "/internal/task/verify") return this.#verify(json);
    return detail(404, "Not Found");
  }

  #challenge(): IclReply {
    this.#challenges += 1;
    return ok({
      challengeId: `00000000-0000-4000-8000-${String(this.#challenges).padStart(12, "0")}`,
      nonce: `0x${String(this.#challenges).padStart(64, "0")}`,
      expiresAt: Math.floor(this.#now() / 1000) + 300,
    });
  }

  /** Neither the quote nor the challenge is looked at. */
  #attest(json: unknown): IclReply {
    const body = z
      .object({ nodeAddress: z.string().min(1), supportedModelIds: z.array(z.string()).default([]) })
      .safeParse(json);
    if (!body.success) return detail(400, "nodeAddress missing");
    const { nodeAddress, supportedModelIds } = body.data;
    const seconds = Math.floor(this.#now() / 1000);
    const before = this.operators.get(nodeAddress)?.attestations ?? 0;
    this.operators.set(nodeAddress, {
      models: supportedModelIds,
      lastBeat: this.#now(),
      expires: seconds + 86_400,
      attestations: before + 1,
    });
    return ok({ certHash: `0x${"ab".repeat(16)}`, expiry: seconds + 86_400, tier: 0 });
  }

  /** One that is not known gets the same answer, and no record. */
  #heartbeat(json: unknown): IclReply {
    const body = z.object({ nodeAddress: z.string(), timestamp: z.string().regex(/^\d+$/) }).safeParse(json);
    if (!body.success) return detail(400, "nodeAddress missing");
    const operator = this.operators.get(body.data.nodeAddress);
    if (operator) operator.lastBeat = this.#now();
    return ok({ status: "ok" });
  }

  /** The address is compared letter by letter. A claim that is too old is counted here, and only here. */
  #assignments(address: string): IclReply {
    const mine = [...this.jobs.values()].filter((job) => job.leader === address || job.verifiers.includes(address));
    for (const job of mine) {
      const sub = job.sub.get(address);
      if (sub?.state !== "claimed" || this.#now() - sub.at <= CLAIM_MS || job.status !== "queued") continue;
      sub.state = "failed";
      this.#recordFailure(address);
    }
    const open = mine.filter((job) => job.status === "queued" && !job.sub.has(address));
    return ok({
      assignments: open.map((job) => ({
        jobId: job.id,
        role: job.leader === address ? "leader" : "verifier",
        modelId: job.modelId,
        promptCid: job.promptCid,
        deadline: Math.floor(this.#now() / 1000) + 600,
        insuranceOptIn: false,
        userAddress: job.userAddress,
        kpHighHandle: job.handles.high,
        kpLowHandle: job.handles.low,
        permit: null,
      })),
    });
  }

  #claim(json: unknown): IclReply {
    const body = z.object({ jobId: z.string().min(1), nodeAddress: z.string().min(1) }).safeParse(json);
    if (!body.success) return detail(400, "jobId and nodeAddress are required");
    const job = this.jobs.get(body.data.jobId);
    if (!job) return detail(404, "task not found");
    job.sub.set(body.data.nodeAddress, { state: "claimed", at: this.#now() });
    job.calls.claims.push(body.data.nodeAddress);
    const { high, low } = job.claimHandles;
    const deadline = Math.floor(this.#now() / 1000) + 300;
    return {
      status: 200,
      text: `{"kpHighHandle": ${high}, "kpLowHandle": ${low}, "outputKeyGranted": true, "claimDeadline": ${deadline}}`,
    };
  }

  /** From whom it comes is not looked at. */
  #result(json: unknown): IclReply {
    const body = leaderResult.safeParse(json);
    if (!body.success) return invalid(body.error);
    const job = this.jobs.get(body.data.job_id ?? body.data.jobId);
    if (!job) return detail(404, "task not found");
    job.calls.results += 1;
    job.result = body.data;
    const sub = job.sub.get(job.leader);
    if (sub) sub.state = "completed";
    this.failures.delete(job.leader);
    this.chain.push(`reset ${job.leader}`);
    this.#count(job);
    return ok({
      status: "leader_result_recorded",
      job_id: job.id,
      task_id: job.id,
      finalized: job.status !== "queued",
    });
  }

  #verify(json: unknown): IclReply {
    const body = vote.safeParse(json);
    if (!body.success) return invalid(body.error);
    const job = this.jobs.get(body.data.jobId);
    if (!job) return detail(404, "task not found");
    const { verifier_address: verifier } = body.data;
    if (!job.verifiers.includes(verifier)) return detail(400, "verifier verdict submitted by non-quorum verifier");
    job.calls.votes.push(verifier);
    job.votes.set(verifier, body.data);
    this.failures.delete(verifier);
    this.#count(job);
    return ok({
      status: "verifier_verdict_recorded",
      job_id: job.id,
      verifier_address: verifier,
      finalized: job.status !== "queued",
    });
  }

  #status(id: string): IclReply {
    const job = this.jobs.get(id);
    if (!job) return detail(404, "task not found");
    return ok({
      jobId: id,
      status: job.status.toUpperCase(),
      outputCid: job.result?.output_cid ?? null,
      leaderCommitment: job.result?.commitment_hash ?? null,
      failureReason: null,
      nodeAssignments: {},
    });
  }

  /** Equal texts are counted; what a verdict says is not. */
  #count(job: IclJob): void {
    if (!job.result || job.status !== "queued") return;
    const hashes = [job.result.commitment_hash, ...[...job.votes.values()].map((one) => one.commitment_hash)];
    const size = 1 + job.verifiers.length;
    const required = Math.floor((2 * size + 2) / 3);
    const most = Math.max(...hashes.map((hash) => hashes.filter((other) => other === hash).length));
    if (most >= required) job.status = "accepted";
    else if (job.votes.size === job.verifiers.length) job.status = "rejected";
  }

  #recordFailure(address: string): void {
    this.chain.push(`fail ${address}`);
    const count = (this.failures.get(address) ?? 0) + 1;
    this.failures.set(address, count % 3);
    if (count === 3) this.slashed.push(address);
  }
}

const ok = (json: unknown): IclReply => ({ status: 200, text: JSON.stringify(json) });
const detail = (status: number, text: string): IclReply => ({ status, text: JSON.stringify({ detail: text }) });

function invalid({ issues }: z.ZodError): IclReply {
  const list = issues.map(({ path, message }) => ({ loc: ["body", ...path], msg: message, type: "value_error" }));
  return { status: 422, text: JSON.stringify({ detail: list }) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
