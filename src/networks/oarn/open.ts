// Puts the network together: its way out, IPFS, the pipeline of its jobs, the network of nodes.
import { join } from "node:path";
import { openIpfs } from "../../ipfs/open.ts";
import { JobPipeline } from "../jobs/pipeline.ts";
import type { ChainPorts } from "../ports.ts";
import { openOnnx } from "./compute/onnx.ts";
import { Peers } from "./peers.ts";
import { type OarnSession, openSession } from "./session.ts";
import type { OarnSettings } from "./settings.ts";
import { wayOut } from "./way-out.ts";

/** Longer than the registries could offer an ended task again: their tasks have deadlines. */
const KEEP_MS = 90 * 24 * 60 * 60 * 1000;

export function openOarn(settings: OarnSettings, ports: ChainPorts): OarnSession {
  const { storage, p2p, privacy } = settings;
  const { env, platform, ...program } = ports.modelProgram;
  const { clock, log, metrics, state, random } = ports;
  const folder = join(ports.home, "oarn");
  const proxy = privacy.socksProxy;
  const fetch = wayOut(proxy, ports.fetch, clock);
  const ipfs = openIpfs(
    {
      api: storage.ipfsApi,
      gateways: storage.gateways,
      cacheDir: storage.cacheDir ?? join(folder, "content"),
      cacheBytes: storage.cacheSize,
      timeoutMs: storage.fetchTimeout,
    },
    { fetch, clock, log },
  );
  return openSession(
    settings,
    { ...ports, fetch, chain: (use) => ports.chain({ ...use, fetch }) },
    {
      ipfs,
      compute: openOnnx({
        ...{ program, sandbox: settings.compute.sandbox, home: ports.home, env, platform, clock },
      }),
      peers: p2p.enabled ? new Peers({ settings: p2p, ports, folder, proxy }) : undefined,
      jobs: (kind) =>
        new JobPipeline(
          kind,
          {
            network: "oarn",
            state,
            clock,
            log,
            metrics,
            random: () => random(),
            admission: () => ports.budget.admission(),
          },
          { maxConcurrent: settings.maxConcurrent, dryRun: settings.dryRun, keepMs: KEEP_MS },
        ),
    },
  );
}
