// What can be asked about this network: is the control plane there, does it know the key, is the clock right, what is published.
import { type Check, type CheckAnswer, fail, ok, warn } from "../../core/check.ts";
import { FxnError, messageOf } from "../../core/errors.ts";
import type { NetworkPorts } from "../ports.ts";
import { named } from "./check-words.ts";
import type { ControlPlane } from "./control-plane.ts";
import { listPayouts, me, type NodeRow } from "./routes.ts";
import { type InfernetSettings, published } from "./settings.ts";
import { servedModels } from "./specs.ts";

/** Signed times pass within a minute; this much already deserves a word. */
const MUCH_OFFSET_MS = 20_000;
const REGISTERED = named("registered");

export interface Checked {
  readonly plane: ControlPlane;
  readonly settings: InfernetSettings;
  readonly ports: Pick<NetworkPorts, "models" | "modelServers">;
  /** Why the p2p port is not open. */
  p2pProblem(): string | undefined;
}

export function planeChecks(checked: Checked): readonly Check[] {
  const { plane, settings } = checked;
  return [
    // Before the control plane: a node without models tells it that it is offline.
    { ...named("models"), run: async () => offered(checked.ports) },
    {
      ...REGISTERED,
      run: (signal) => registered(plane, settings, signal),
    },
    { ...named("clock"), run: async () => clockOf(plane) },
    {
      ...named("advertise"),
      run: async () => advertised(checked),
    },
    {
      ...named("payout"),
      after: [REGISTERED.id],
      run: () => payout(plane),
    },
  ];
}

function offered(ports: Checked["ports"]): CheckAnswer {
  const models = servedModels(ports.models());
  const hidden = ports.models().length - models.length;
  if (models.length === 0) {
    const words = hidden === 0 ? "no model is configured" : `none of ${hidden} models is fit to be offered`;
    return fail(words, "Name models for chats in model_backend.yaml; ids that are paths are not offered.");
  }
  if (!ports.modelServers().some(({ works }) => works)) {
    return fail(
      "no model server works, so that none is offered",
      "See which is left out, and why: fxn status. Start it, or correct its url in model_backend.yaml.",
    );
  }
  if (hidden === 0) return ok(`${models.length}`);
  return warn(
    `${models.length}; ${hidden} more are not for chats, or have ids that would show your folders`,
    "Give those models an alias in model_backend.yaml.",
  );
}

async function registered(plane: ControlPlane, settings: InfernetSettings, signal: AbortSignal): Promise<CheckAnswer> {
  let row: NodeRow | undefined;
  try {
    row = await me(plane, signal);
  } catch (error) {
    return fail(`the control plane cannot be asked: ${messageOf(error)}`, hintOf(error));
  }
  if (!row) {
    const hint = "A running node registers itself within a minute; or: fxn infernet register";
    return fail(`the control plane at ${plane.host} does not know this node's key`, hint);
  }
  if (!settings.advertise && row.address) {
    const hint =
      "Register anew: fxn infernet remove, then fxn infernet register. Payout addresses have to be set again.";
    return warn(`${plane.host} knows it, and still publishes an address of it`, hint);
  }
  return ok(`${plane.host} knows it`);
}

/** Yellow when it is not known: jobs come without an address. */
async function payout(plane: ControlPlane): Promise<CheckAnswer> {
  try {
    const rows = await listPayouts(plane);
    if (rows.some((row) => row.is_default)) return ok(`${rows.length}`);
    const hint = "Set one with: fxn infernet payout set COIN ADDRESS";
    return warn(`${plane.host} knows no address for this node's payouts`, hint);
  } catch (error) {
    return warn(`it is not known whether there is one: ${messageOf(error)}`, hintOf(error));
  }
}

function clockOf(plane: ControlPlane): CheckAnswer {
  const seconds = Math.round(plane.clockOffsetMs / 1000);
  if (Math.abs(plane.clockOffsetMs) < MUCH_OFFSET_MS) return ok("it is");
  return warn(
    `it is ${seconds} s off that of ${plane.host}; requests follow theirs`,
    "Set this machine's clock, with NTP.",
  );
}

function advertised({ settings, p2pProblem }: Checked): CheckAnswer {
  if (settings.advertise && !published(settings)) {
    return warn("advertise is on, and there is no address to publish", "Set networks.infernet.address.");
  }
  if (settings.p2p.enabled && !settings.advertise) {
    return warn(
      "p2p is on and not opened, since advertise is off",
      "Set networks.infernet.advertise, or turn p2p off.",
    );
  }
  const problem = p2pProblem();
  if (problem !== undefined)
    return warn(
      problem,
      "Correct networks.infernet.p2p (another port, for instance), or turn it off; jobs do not come by this port.",
    );
  return ok(settings.advertise ? "address and port" : "nothing");
}

function hintOf(error: unknown): string {
  const hint = error instanceof FxnError ? error.hint : undefined;
  return hint ?? "Is this machine online, and networks.infernet.url right? The node goes on asking by itself.";
}
