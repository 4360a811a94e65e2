// Puts the network together: its way out, IPFS, the pipeline of its jobs, the network of nodes.
import { join } from "node:path";
import type { Ipfs } from "../../ipfs/ipfs.ts";
import { type IpfsPorts, openIpfs } from "../../ipfs/open.ts";
import { JobPipeline } from "../jobs/pipeline.ts";
import type { ChainPorts } from "../ports.ts";
import type { Compute } from "./compute/compute.ts";
import { openOnnx } from "./compute/onnx.ts";
import { Peers } from "./peers.ts";
import { type OarnSession, openSession } from "./session.ts";
import { type OarnSettings, placesOf } from "./settings.ts";
import { wayOut } from "./way-out.ts";

/** Longer than the registries could offer an ended task again: their tasks have deadlines. */
const KEEP_MS = 90 * 24 * 60 * 60 * 1000;

/** One cache for the node and the commands beside it. @param ports fetch is this network's way out */
export function openContentStore(settings: OarnSettings, home: string, ports: IpfsPorts): Ipfs {
  const { storage } = settings;
  return openIpfs(
    {
      ...placesOf(settings),
      gateways: storage.gateways,
      cacheDir: storage.cacheDir ?? join(folderIn(home), "content"),
      cacheBytes: storage.cacheSize,
      timeoutMs: storage.fetchTimeout,
    },
    ports,
  );
}

const folderIn = (home: string) => join(home, "oarn");

/** Where no format is wanted, or none can be run in a sandbox, text tasks are what is left. */
export function onnxOf(
  { compute }: OarnSettings,
  { modelProgram, home, clock }: Pick<ChainPorts, "modelProgram" | "home" | "clock">,
): Compute {
  const { env, platform, ...program } = modelProgram;
  return openOnnx({ program, sandbox: compute.sandbox, home, env, platform, clock });
}

export function openOarn(settings: OarnSettings, ports: ChainPorts): OarnSession {
  const { p2p, privacy } = settings;
  const { clock, log, metrics, state, random } = ports;
  const folder = folderIn(ports.home);
  const proxy = privacy.socksProxy;
  const fetch = wayOut(proxy, ports.fetch, clock);
  const ipfs = openContentStore(settings, ports.home, { fetch, clock, log });
  return openSession(
    settings,
    {
      ...{ ...ports, fetch, chain: (use) => ports.chain({ ...use, fetch }) },
      readers() {
        const { of, close } = ports.readers();
        return { of: (use) => of({ ...use, fetch }), close };
      },
    },
    {
      ipfs,
      compute: onnxOf(settings, ports),
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
