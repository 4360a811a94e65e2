// What `fxn networks status` and the doctor look at.

import { type Check, type CheckAnswer, fail, ok, warn } from "../../core/check.ts";
import { messageOf } from "../../core/errors.ts";
import { isPublicAddress } from "../../lib/public-address.ts";
import type { Access } from "./access.ts";
import { named } from "./check-words.ts";
import { type FedaiNode, modelsOf, troubleOf } from "./fedai-node.ts";
import { WINDOW_MS } from "./nonces/claim.ts";
import type { Registrar } from "./registration/registrar.ts";

const ROUTER = named("router");
const TIMEOUT_MS = 5000;
const MOST_BYTES = 64 * 1024;
/** A Date header has whole seconds, and was on its way. */
const TOLERATED_MS = 5000;
const AWAY = "Correct its URL in networks.fedai.routers, or ask the router's operator; it is tried again by itself.";

export function fedaiChecks(node: FedaiNode, access: Access, registrars: readonly Registrar[]): readonly Check[] {
  const { settings, ports } = node;

  async function router(registrar: Registrar, signal: AbortSignal): Promise<CheckAnswer> {
    const { host } = new URL(registrar.endpoint);
    const asked = `${registrar.endpoint}/health`;
    // Work comes by any one of them.
    const bad = registrars.some((one) => one !== registrar && one.isActive()) ? warn : fail;
    const reply = await ports.fetch(asked, { timeoutMs: TIMEOUT_MS, maxBytes: MOST_BYTES, signal }).catch(messageOf);
    if (typeof reply === "string") return bad(`the router cannot be reached: ${reply}`, AWAY);
    if (reply.status !== 200) return bad(`the router at ${host} answers ${reply.status} at /health`, AWAY);
    const date = Date.parse(reply.headers.get("date") ?? "");
    const apart = Number.isNaN(date) ? 0 : Math.abs(ports.clock.now() - date);
    const words = `the clock of the router at ${host} is ${Math.round(apart / 1000)} s from ours`;
    if (apart > WINDOW_MS)
      return bad(words, "It takes no message of this node: set this machine's clock, or tell the router's operator.");
    const { trouble } = registrar.state();
    if (trouble !== undefined && !registrar.isActive()) {
      const hint =
        "Correct networks.fedai.nodeId or endpoint by the router's word in the message; it is tried again by itself.";
      return bad(`the router at ${host} does not register this node: ${trouble}`, hint);
    }
    if (apart > TOLERATED_MS) return warn(words, "Set this machine's clock, with NTP.");
    return ok(`${host} answers`);
  }

  async function endpoint(): Promise<CheckAnswer> {
    if (settings.endpoint === undefined) {
      return settings.routers.length === 0
        ? ok("not announced to any router")
        : fail("no endpoint is set, so that no router is told of this node", "Set networks.fedai.endpoint.");
    }
    const { hostname, protocol } = new URL(settings.endpoint);
    const bare = hostname.replace(/^\[|\]$/g, "");
    const isAddress = /^[\d.]+$|:/.test(bare);
    if (bare === "localhost" || (isAddress && !isPublicAddress(bare))) {
      const hint = "Routers refuse such addresses unless they are run for a private network.";
      return warn(`the announced address ${bare} is not public`, hint);
    }
    if (protocol === "http:") {
      return warn(`prompts travel unencrypted to ${settings.endpoint}`, "Announce https in networks.fedai.endpoint.");
    }
    return ok(settings.endpoint);
  }

  async function models(): Promise<CheckAnswer> {
    const offered = modelsOf(node);
    const trouble = troubleOf(node);
    if (trouble !== undefined)
      return fail(trouble, "See which is left out, and why: fxn status. Then mend it, or model_backend.yaml.");
    const guessed = offered.filter(
      ({ id }) => !settings.models.some((model) => model.id === id && model.contextWindow),
    );
    if (guessed.length === 0) return ok(`${offered.length} offered`);
    const hint = "Set networks.fedai.models[].contextWindow: prompts that do not fit count as failures of this node.";
    const names = guessed.map(({ id }) => id).join(", ");
    return warn(`the context window is not known, and taken to be ${settings.contextWindow}, of ${names}`, hint);
  }

  async function callers(): Promise<CheckAnswer> {
    if (access.isClosed()) return ok("only keys that are listed");
    return warn(
      "every stranger is served",
      "Set networks.fedai.access.open to false, and allow the keys that may call.",
    );
  }

  async function payments(): Promise<CheckAnswer> {
    const { required, verify, feeMaxBps, feeMaxSats } = settings.payments;
    if (!required) return ok("not required");
    if (verify.url === undefined) {
      return warn("receipts of payments are taken on their word", "Set networks.fedai.payments.verify.url.");
    }
    if (feeMaxBps === undefined && feeMaxSats === undefined) {
      return warn("routers may add any fee", "Set networks.fedai.payments.feeMaxBps or feeMaxSats.");
    }
    return ok("required and verified");
  }

  // In the order in which they keep work away: a node without models is registered, and offers none.
  return [
    { ...named("models"), run: models },
    { ...named("endpoint"), run: endpoint },
    ...registrars.map((one, index) => ({
      ...ROUTER,
      id: `${ROUTER.id}${index === 0 ? "" : `-${index + 1}`}`,
      run: (signal: AbortSignal) => router(one, signal),
    })),
    { ...named("callers"), run: callers },
    { ...named("payments"), run: payments },
  ];
}
