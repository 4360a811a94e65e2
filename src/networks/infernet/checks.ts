// What can be asked about this network: is the control plane there, does it know the key, is the clock right, what is published.
import type { Check, CheckAnswer } from "../../core/check.ts";
import { FxnError, messageOf } from "../../core/errors.ts";
import type { NetworkPorts } from "../ports.ts";
import type { ControlPlane } from "./control-plane.ts";
import { listPayouts, me } from "./routes.ts";
import { type InfernetSettings, published } from "./settings.ts";
import { servedModels } from "./specs.ts";

/** Signed times pass within a minute; this much already deserves a word. */
const MUCH_OFFSET_MS = 20_000;

export function planeChecks(plane: ControlPlane, settings: InfernetSettings, ports: NetworkPorts): readonly Check[] {
  return [
    {
      id: "infernet.registered",
      title: "The control plane knows this node's key",
      run: (signal) => answered(() => registered(plane, settings, signal)),
    },
    {
      id: "infernet.clock",
      title: "This machine's clock is the control plane's",
      async run() {
        const seconds = Math.round(plane.clockOffsetMs / 1000);
        if (Math.abs(plane.clockOffsetMs) < MUCH_OFFSET_MS) return { state: "ok", message: "it is" };
        return {
          state: "warn",
          message: `it is ${seconds} s off; requests follow the control plane's`,
          hint: "Set this machine's clock, with NTP.",
        };
      },
    },
    {
      id: "infernet.models",
      title: "There are models to offer",
      async run() {
        const offered = servedModels(ports.models());
        const hidden = ports.models().length - offered.length;
        if (offered.length === 0) {
          return {
            state: "fail",
            message: "none",
            hint: "Name models in model_backend.yaml; ids that are paths are not offered.",
          };
        }
        if (hidden > 0) {
          return {
            state: "warn",
            message: `${offered.length}; ${hidden} more have ids that would show your folders`,
            hint: "Give those models an alias in model_backend.yaml.",
          };
        }
        return { state: "ok", message: `${offered.length}` };
      },
    },
    {
      id: "infernet.advertise",
      title: "What is published is what the configuration says",
      run: async () => advertised(settings),
    },
    {
      id: "infernet.payout",
      title: "There is an address for payouts",
      run: () =>
        answered(async () => {
          const rows = await listPayouts(plane);
          return rows.some((row) => row.is_default)
            ? { state: "ok", message: `${rows.length}` }
            : { state: "warn", message: "none", hint: "Set one with: fxn infernet payout set COIN ADDRESS" };
        }),
    },
  ];
}

async function registered(plane: ControlPlane, settings: InfernetSettings, signal: AbortSignal): Promise<CheckAnswer> {
  const row = await me(plane, signal);
  if (!row)
    return {
      state: "fail",
      message: "it does not",
      hint: "A running node registers itself; or: fxn infernet register",
    };
  if (!settings.advertise && row.address) {
    return {
      state: "warn",
      message: "it does, and an address is still published",
      hint: "Register anew: fxn infernet remove, then fxn infernet register. Payout addresses have to be set again.",
    };
  }
  return { state: "ok", message: "it does" };
}

function advertised(settings: InfernetSettings): CheckAnswer {
  if (settings.advertise && !published(settings)) {
    return {
      state: "fail",
      message: "advertise is on, and there is no address",
      hint: "Set networks.infernet.address.",
    };
  }
  if (settings.p2p.enabled && !settings.advertise) {
    return { state: "warn", message: "p2p is on and not opened, since advertise is off" };
  }
  return { state: "ok", message: settings.advertise ? "address and port" : "nothing" };
}

async function answered(ask: () => Promise<CheckAnswer>): Promise<CheckAnswer> {
  try {
    return await ask();
  } catch (error) {
    const hint = error instanceof FxnError ? error.hint : undefined;
    return { state: "fail", message: messageOf(error), ...(hint !== undefined && { hint }) };
  }
}
