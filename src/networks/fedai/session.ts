// fed_AI's session: everything of this network put together, what it does on its own, and how it is.

import { sleep } from "../../core/clock.ts";
import { messageOf } from "../../core/errors.ts";
import type { Health, OwnSession, StatusLine } from "../../core/network.ts";
import type { NetworkPorts } from "../ports.ts";
import { Access } from "./access.ts";
import { fedaiChecks } from "./checks.ts";
import { type FedaiNode, modelsOf, nodeIdOf, troubleOf } from "./fedai-node.ts";
import { Inference } from "./infer/infer.ts";
import { listenerOf } from "./listener.ts";
import { Load } from "./load.ts";
import { Publisher } from "./manifest/publisher.ts";
import { fedaiMetrics } from "./metrics.ts";
import { openNonces } from "./nonces/open.ts";
import { AuctionHouse } from "./offload/auction-house.ts";
import { createOffload, trimmed } from "./offload/offload.ts";
import { Payments } from "./payments/payments.ts";
import { RateLimit } from "./rate-limit.ts";
import { Registrar } from "./registration/registrar.ts";
import { fedaiRoutes } from "./routes.ts";
import { checkSandbox } from "./sandbox.ts";
import type { FedaiSettings } from "./settings.ts";
import { Tracer } from "./tracing/tracer.ts";

const DAY_MS = 86_400_000;

/** @throws FedaiError for settings that cannot be served */
export function openFedai(settings: FedaiSettings, ports: NetworkPorts): OwnSession {
  checkSandbox(settings, ports.modelServers());
  const nodeId = nodeIdOf(settings, ports.identity.pubkey);
  const metrics = fedaiMetrics();
  let registrars: readonly Registrar[] = [];
  const replaced = new AbortController();
  const places = () =>
    ports.modelServers().some(({ works }) => works) ? Math.max(0, ports.budget.admission().places) : 0;
  const load = new Load(settings.capacity, places, (running) => {
    if (!replaced.signal.aborted) ports.metrics.running(running);
    for (const registrar of registrars) registrar.poke();
  });
  const tracer = new Tracer(settings.tracing.url, nodeId, ports);
  const node: FedaiNode = { settings, ports, nodeId, load, metrics, tracer, onlyChat: new Set() };
  const announced = settings.endpoint;
  if (announced !== undefined) {
    registrars = settings.routers.map(({ endpoint }) => new Registrar(node, trimmed(endpoint), trimmed(announced)));
  }
  const access = new Access(settings);
  const nonces = openNonces(settings, ports);
  const payments = new Payments(settings.payments, settings.prices, nodeId, ports);
  const { requests, window } = settings.rateLimit;
  const rate = new RateLimit(requests, window, ports.clock);
  const offload = createOffload(node);
  const inference = new Inference({ node, access, rate, nonces: nonces.guard, payments, offload });
  const routes = fedaiRoutes(node, inference, new AuctionHouse(node, nonces.guard));
  const listen = listenerOf(settings, ports.home, ports.clock);
  const nameTo = ({ endpoint }: Registrar) => `${endpoint} ${nodeId} ${ports.identity.npub}`;
  const checks = fedaiChecks(node, access, registrars);
  const publisher = new Publisher(node, registrars);

  async function forgetPayments(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        payments.forgetOld();
      } catch (error) {
        ports.log.warn({ error: messageOf(error) }, "old payments could not be forgotten");
      }
      await sleep(ports.clock, DAY_MS, signal);
    }
  }

  function health(): Health {
    const reasons: string[] = [];
    const trouble = troubleOf(node);
    if (trouble !== undefined) reasons.push(trouble);
    if (registrars.length > 0 && !registrars.some((registrar) => registrar.isActive())) {
      reasons.push("no router has this node registered");
    }
    return { ready: reasons.length === 0, reasons };
  }

  function status(): readonly StatusLine[] {
    const { maxConcurrent, currentLoad } = load.capacity();
    return [
      { name: "node id", value: nodeId },
      { name: "key", value: ports.identity.npub },
      { name: "announced as", value: announced ?? "nothing: endpoint is not set" },
      { name: "load", value: `${currentLoad} of ${maxConcurrent}, ${load.withFormer} running` },
      {
        name: "models",
        value:
          modelsOf(node)
            .map(({ id }) => id)
            .join(", ") || "none",
      },
      ...registrars.map((registrar) => ({
        name: `router ${new URL(registrar.endpoint).host}`,
        value: registered(registrar),
      })),
      ...publisher.status(),
    ];
  }

  function giveWay(names: readonly string[]): void {
    replaced.abort();
    for (const registrar of registrars) if (names.includes(nameTo(registrar))) registrar.giveWay();
  }

  function registered(registrar: Registrar): string {
    const { registeredAt, trouble } = registrar.state();
    if (trouble !== undefined) return `not registered: ${trouble}`;
    if (registeredAt === undefined) return "not registered yet";
    return `registered ${Math.round((ports.clock.now() - registeredAt) / 1000)} s ago`;
  }

  const succession = {
    ...{ names: registrars.map(nameTo), giveWay },
    running: () => load.withFormer,
    follow: (running: () => number) => load.follow(running),
  };

  return {
    listen,
    routes: () => routes,
    async run(signal) {
      await Promise.all([
        ...registrars.map((registrar) => registrar.run(signal)),
        forgetPayments(signal),
        publisher.run(AbortSignal.any([signal, replaced.signal])),
        tracer.run(signal),
      ]);
      nonces.close();
    },
    async drain(signal) {
      load.close();
      await Promise.all([load.idle(signal), ...registrars.map((registrar) => registrar.farewell(signal))]);
    },
    // A file of nonces is one session's, which has it in memory.
    succession: settings.nonces.file === undefined ? succession : undefined,
    health,
    status,
    checks: () => checks,
  };
}
