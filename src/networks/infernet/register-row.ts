// Makes or renews the node's row at the control plane.
import type { ControlPlane } from "./control-plane.ts";
import { me, register } from "./routes.ts";
import { type InfernetSettings, nodeIdOf, published } from "./settings.ts";
import type { Hardware } from "./specs.ts";

/** Overwrites an address that was published before: the wire has no way to take one back. */
const NOWHERE = { address: "", port: 0 } as const;
const MAX_MODEL = 64;

export type RegisterTerms = Pick<
  InfernetSettings,
  "nodeId" | "name" | "advertise" | "address" | "p2p" | "gpuModel" | "price"
>;

/**
 * A key has one row: an id that it has already is kept, since a second row would make every later call fail.
 * What was told before is gone then, but for the payouts: a heartbeat has to follow.
 * @returns the node id that counts
 */
export async function registerRow(
  plane: ControlPlane,
  settings: RegisterTerms,
  { gpus, gpu_count, offline }: Hardware & { readonly offline: boolean },
  signal?: AbortSignal,
): Promise<string> {
  const row = await me(plane, signal);
  const standard = nodeIdOf(settings, plane.pubkey);
  const nodeId = row?.node_id ?? standard;
  const shown = row?.address || row?.port ? NOWHERE : undefined;
  const model = settings.gpuModel ?? gpus[0]?.model ?? undefined;
  await register(
    plane,
    {
      node_id: nodeId,
      name: settings.name ?? standard,
      status: offline ? "offline" : "available",
      ...(published(settings) ?? shown),
      ...(model !== undefined && { gpu_model: model.slice(0, MAX_MODEL) }),
      ...(settings.price !== undefined && { price: settings.price }),
      specs: { gpus, gpu_count },
    },
    signal,
  );
  return nodeId;
}
