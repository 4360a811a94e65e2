// Whether the node runs, is of this program's version, and would serve.
import { type CheckKind, fail, ok, skip, warn } from "../../core/check.ts";
import { formatDuration } from "../../core/duration.ts";
import type { RegistryStatus } from "../../core/status.ts";
import { differing } from "../reload/effects.ts";
import { VALID } from "./config.ts";
import type { Surroundings } from "./surroundings.ts";

export const RUNNING = "node.running";
export const APPLIED = "config.applied";

export const RUNNING_CHECKS: readonly CheckKind<Surroundings>[] = [
  {
    id: RUNNING,
    title: "The node runs",
    looksAt: "The control socket in the home, which the running node answers on.",
    mend: "Start it: fxn start, or the service: see its log with fxn service logs. Another home? Then --home or FXN_HOME.",
    async run({ status, home }) {
      const running = await status();
      if (running) return ok(`for ${formatDuration(running.uptimeSeconds * 1000)}`);
      return fail(`no node runs on ${home}`, "Start it: fxn start");
    },
  },
  {
    id: "node.version",
    title: "The node is of this version",
    looksAt: "Whether the running node is of the same version as this program.",
    mend: "Let the new program take over: fxn restart.",
    after: [RUNNING],
    async run({ status, version }) {
      const running = await status();
      if (!running || running.version === version) return ok(version);
      return warn(`it is ${running.version}, this program is ${version}`, "Let this one take over: fxn restart");
    },
  },
  {
    id: APPLIED,
    title: "The node runs by what the files say",
    looksAt: "Whether config.yaml, model_backend.yaml and the node's FXN_ variables say what the running node runs by.",
    mend: "Let it take them over: fxn reload. What that leaves as it is needs a restart: fxn restart.",
    after: [VALID, RUNNING],
    async run({ differences }) {
      const found = await differences();
      if (!found) return skip("the node cannot be asked");
      const lines = differing(found);
      if (lines.length === 0) return ok("what runs is what the files say");
      const steps = lines.map(({ step }) => step).join(", then ");
      return warn(lines.map(({ words }) => words).join("; "), `Let it take them over: ${steps}`);
    },
  },
];

export const READY_CHECKS: readonly CheckKind<Surroundings>[] = [
  {
    id: "registry.fresh",
    title: "The node knows who may call",
    looksAt: "How old the running node's knowledge of the registries is: beyond registry.maxStale nobody is let in.",
    mend: "The RPCs have failed for long, or the contracts are elsewhere: fxn doctor --only rpc.answers,registry.gateways says which. Correct rpcProvider or registry in config.yaml, then: fxn reload.",
    after: [RUNNING],
    async run({ status }) {
      const registries = Object.entries((await status())?.registries ?? {});
      if (registries.length === 0) return skip("no network that is on has registries");
      const stale = registries.filter(([, one]) => one.stale);
      const hint =
        "Find what fails: fxn doctor --only rpc.answers,registry.gateways. Correct rpcProvider or registry in config.yaml, then: fxn reload";
      const [first] = stale;
      if (first) return fail(`${stale.map(([name]) => name).join(", ")}: ${staleWords(first[1])}`, hint);
      const failing = registries.find(([, one]) => one.lastError !== null);
      if (failing) return warn(`${failing[0]}, the last read serves: ${failing[1].lastError}`, hint);
      return ok(registries.map(([name, { entries }]) => `${name} ${entries}`).join(", "));
    },
  },
];

function staleWords({ lastError, ageSeconds }: RegistryStatus): string {
  return lastError ?? (ageSeconds === null ? "never read" : `last read ${ageSeconds} s ago`);
}

export const SERVING_CHECKS: readonly CheckKind<Surroundings>[] = [
  {
    id: "node.ready",
    title: "The node serves requests",
    looksAt:
      "What the node itself says (fxn status): ready, or why not. Reasons of networks are left to their own checks.",
    mend: "Mend what the reasons in the message name; fxn status shows when they are gone. What another check explains is red there too, with what to do: fxn doctor.",
    after: [RUNNING],
    async run({ status }) {
      const running = await status();
      if (running?.ready !== false) return ok("requests are served");
      // What they look at themselves names the cause, and they stand behind this one.
      const ofNetworks = new Set(
        running.networks.flatMap(({ id, reasons }) => reasons.map((reason) => `${id}: ${reason}`)),
      );
      const reasons = running.reasons.filter((reason) => !ofNetworks.has(reason));
      if (reasons.length === 0 && ofNetworks.size > 0) return ok("it would, but for its networks: see theirs");
      return fail(
        reasons.join("; "),
        "Mend what the reason names; fxn status shows when it is gone. Other checks that are red say more: fxn doctor",
      );
    },
  },
];
