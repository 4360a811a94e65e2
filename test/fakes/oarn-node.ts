// A node of OARN in this process: the real session on a test chain, with IPFS, a model and a disk of its own.

import type { Address, Hex } from "../../src/core/address.ts";
import { type Clock, systemClock } from "../../src/core/clock.ts";
import type { Earning } from "../../src/core/earnings.ts";
import type { GpuStats } from "../../src/core/gpu.ts";
import type { TextCall } from "../../src/core/text.ts";
import type { JobRecord } from "../../src/networks/jobs/job.ts";
import { JobPipeline } from "../../src/networks/jobs/pipeline.ts";
import type { Compute } from "../../src/networks/oarn/compute/compute.ts";
import type { OarnFacts } from "../../src/networks/oarn/job/facts.ts";
import { type OarnSession, openSession } from "../../src/networks/oarn/session.ts";
import { settings } from "../../src/networks/oarn/settings.ts";
import type { ChainPorts } from "../../src/networks/ports.ts";
import { FakeLog } from "./log.ts";
import { FakeNetworkState } from "./network-state.ts";
import { NO_MODEL_PROGRAM } from "./no-model-program.ts";
import { OarnTestChain } from "./oarn-chain.ts";
import type { OarnTestIpfs } from "./oarn-ipfs.ts";
import { type OarnDisk, OarnTestJobs } from "./oarn-jobs.ts";

export interface NodeWish {
  readonly rpcUrl: string;
  readonly chainId: number;
  readonly account: Address;
  readonly ipfs: OarnTestIpfs;
  /** Under networks.oarn. */
  readonly written: Readonly<Record<string, unknown>>;
  readonly answer?: (call: TextCall) => string;
  readonly models?: readonly string[];
  readonly compute?: Compute;
  readonly gpus?: readonly GpuStats[];
  readonly clock?: Clock;
  /** The real pipeline instead of the test's. */
  readonly pipeline?: boolean;
}

export class OarnNode {
  readonly #wish: NodeWish;
  readonly state: FakeNetworkState;
  readonly disk: OarnDisk = new Map();
  readonly #sent = new Map<string, Hex>();
  readonly earnings: Earning[] = [];
  readonly calls: TextCall[] = [];
  readonly log = new FakeLog();
  chain: OarnTestChain;
  session: OarnSession;
  jobs: OarnTestJobs<OarnFacts> | undefined;
  pipeline: JobPipeline<OarnFacts> | undefined;
  places = 4;
  /** Clients that the node keeps: one for each time that it was asked. */
  chains = 0;
  /** Opened and not closed. */
  readers = 0;
  #life = new AbortController();
  #running: Promise<void> | undefined;

  constructor(wish: NodeWish) {
    this.#wish = wish;
    this.state = new FakeNetworkState(wish.clock ?? systemClock);
    this.chain = new OarnTestChain(wish.chainId, wish.rpcUrl, wish.account, this.#sent);
    this.session = this.open();
  }

  open(): OarnSession {
    const { account, ipfs, written, compute } = this.#wish;
    this.chain = new OarnTestChain(this.#wish.chainId, this.#wish.rpcUrl, account, this.#sent);
    return openSession(settings.parse(written), this.#ports(), {
      ipfs,
      compute,
      peers: undefined,
      jobs: (kind) => {
        if (this.#wish.pipeline) {
          this.pipeline = new JobPipeline(
            kind,
            { ...this.#ports(), network: "oarn", admission: () => ({ places: this.places, reason: undefined }) },
            { maxConcurrent: 4, dryRun: false, keepMs: 1_000_000 },
          );
          return this.pipeline;
        }
        this.jobs = new OarnTestJobs(kind, this.disk);
        return this.jobs;
      },
    });
  }

  start(): this {
    this.#life = new AbortController();
    this.#running = this.session.run(this.#life.signal);
    return this;
  }

  async stop(): Promise<void> {
    this.#life.abort();
    await this.#running;
  }

  /** The process is gone, and another one begins with what was on the disk. */
  async restart(): Promise<void> {
    await this.stop();
    this.session = this.open();
    this.start();
  }

  ended(outcome?: string): number {
    return this.records().filter(
      (record) => record.step === "ended" && (outcome === undefined || record.outcome === outcome),
    ).length;
  }

  records(): readonly JobRecord[] {
    return (this.pipeline ?? this.jobs)?.records() ?? [];
  }

  /** The reason of the only job, or of that one. */
  reasons(): readonly (string | undefined)[] {
    return this.records().map(({ reason }) => reason);
  }

  #ports(): ChainPorts {
    const { account, answer = () => "42", models = ["tiny"], gpus = [], clock = systemClock } = this.#wish;
    const { calls, earnings } = this;
    return {
      modelProgram: NO_MODEL_PROGRAM,
      tracer: () => undefined,
      account: {
        address: account,
        checksumAddress: account,
        signPersonal: () => "",
        signDigest: () => new Uint8Array(65),
      },
      chain: () => {
        this.chains += 1;
        return this.chain;
      },
      readers: () => {
        this.readers += 1;
        const close = () => {
          this.readers -= 1;
        };
        return { of: () => this.chain, close };
      },
      earnings: { add: async (earning) => void earnings.push(earning) },
      text: {
        async *generate(call) {
          calls.push(call);
          yield* answer(call);
          return { reason: "stop", promptTokens: 1, completionTokens: 1 };
        },
      },
      models: () => models.map((id) => ({ id, created: 1, routes: [], kinds: ["vllm"] })),
      modelServers: () => [],
      budget: { admission: () => ({ places: this.places, reason: undefined }) },
      replay: { claim: () => Promise.reject(new Error("nobody calls this network")) },
      state: this.state,
      fetch: () => Promise.reject(new Error("nothing is fetched here")),
      gpus: () => gpus,
      version: "0.0.0",
      home: "/nowhere",
      random: () => 0.5,
      metrics: { call() {}, work() {}, running() {} },
      clock,
      log: this.log,
    };
  }
}
