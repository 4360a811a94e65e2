// What an operator reads of OARN in the running node: whether it is ready, and how it goes.
import { formatEther } from "viem/utils";
import type { Health, StatusLine } from "../../core/network.ts";
import type { Jobs } from "../jobs/job.ts";
import type { ChainPorts } from "../ports.ts";
import type { Discovered } from "./discovery/discover.ts";
import type { OarnFacts } from "./job/facts.ts";
import type { Peers } from "./peers.ts";
import type { OarnSettings } from "./settings.ts";
import type { Finder } from "./tasks/finder.ts";
import type { Skips } from "./tasks/skips.ts";

export interface Shown {
  readonly settings: OarnSettings;
  readonly ports: Pick<ChainPorts, "account" | "budget" | "models">;
  readonly jobs: Pick<Jobs<OarnFacts>, "records" | "places">;
  readonly finder: Pick<Finder, "lastOk" | "open" | "problem" | "hindrance">;
  readonly skips: Skips;
  world(): Discovered | undefined;
  /** Why the registries are not found. */
  problem(): string | undefined;
  /** Why model files are not run. */
  modelTrouble(): string | undefined;
  readonly peers: Pick<Peers, "lines"> | undefined;
}

const SHOWN_SKIPS = 5;

export function healthOf({ settings, ports, finder, problem, modelTrouble }: Shown): Health {
  const { reason } = ports.budget.admission();
  const runsFiles = settings.compute.frameworks.length > 0 && modelTrouble() === undefined;
  const reasons = [
    problem() ?? finder.problem,
    finder.hindrance,
    runsFiles || ports.models().length > 0 ? undefined : "no model is offered and no model file can be run",
    reason,
  ].filter((said) => said !== undefined);
  return { ready: reasons.length === 0, reasons };
}

export function statusLines(shown: Shown): readonly StatusLine[] {
  const { settings, ports, jobs, finder, skips, world, modelTrouble, peers } = shown;
  const { blockchain, compute } = settings;
  const records = jobs.records();
  const ended = records.filter(({ step }) => step === "ended");
  const waiting = records.filter(({ step }) => step === "settle").length;
  const count = (outcome: string) => ended.filter((record) => record.outcome === outcome).length;
  const trouble = compute.frameworks.length > 0 ? modelTrouble() : undefined;
  return [
    { name: "account", value: ports.account.checksumAddress },
    { name: "chain", value: String(blockchain.chainId) },
    ...(world()?.registries ?? []).map((registry) => ({ name: "registry", value: registry.name })),
    { name: "last look", value: finder.lastOk === undefined ? "none yet" : new Date(finder.lastOk).toISOString() },
    { name: "open tasks", value: String(finder.open) },
    { name: "jobs in hand", value: `${records.length - ended.length - waiting}, ${jobs.places} more may begin` },
    { name: "awaiting settlement", value: String(waiting) },
    {
      name: "ended",
      value: `${count("settled")} paid, ${count("unpaid")} unpaid, ${count("lost")} lost, ${count("failed")} failed`,
    },
    ...(trouble === undefined ? [] : [{ name: "model files", value: `are not run: ${trouble}` }]),
    { name: "rewards", value: "come by themselves when nodes agree; the contracts have no claim and no validators" },
    { name: "least reward", value: `${formatEther(compute.minReward)} ETH` },
    ...skips
      .list()
      .slice(0, SHOWN_SKIPS)
      .map(({ key, reason }) => ({ name: "skipped", value: `${key}: ${reason}` })),
    ...(peers?.lines() ?? []),
    ...(world()?.problems ?? []).map((said) => ({ name: "problem", value: said })),
  ];
}
