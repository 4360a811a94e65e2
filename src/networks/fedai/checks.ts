// What `fxn networks status` and the doctor look at.

import type { Check, CheckAnswer } from "../../core/check.ts";
import { isPublicAddress } from "../../lib/public-address.ts";
import type { Access } from "./access.ts";
import { type FedaiNode, modelsOf, troubleOf } from "./fedai-node.ts";
import { WINDOW_MS } from "./nonces/claim.ts";
import type { Registrar } from "./registration/registrar.ts";

const TIMEOUT_MS = 5000;
const MOST_BYTES = 64 * 1024;
/** A Date header has whole seconds, and was on its way. */
const TOLERATED_MS = 5000;

export function fedaiChecks(node: FedaiNode, access: Access, registrars: readonly Registrar[]): readonly Check[] {
  const { settings, ports } = node;

  async function router({ endpoint }: Registrar, signal: AbortSignal): Promise<CheckAnswer> {
    const { host } = new URL(endpoint);
    try {
      const reply = await ports.fetch(`${endpoint}/health`, { timeoutMs: TIMEOUT_MS, maxBytes: MOST_BYTES, signal });
      const date = Date.parse(reply.headers.get("date") ?? "");
      const apart = Number.isNaN(date) ? 0 : Math.abs(ports.clock.now() - date);
      if (apart > WINDOW_MS) {
        const hint = "It takes no message of this node: set this machine's clock, or tell the router's operator.";
        return { state: "fail", message: `${host}: its clock is ${Math.round(apart / 1000)} s from ours`, hint };
      }
      if (apart > TOLERATED_MS)
        return { state: "warn", message: `${host}: its clock is ${Math.round(apart / 1000)} s from ours` };
      return { state: "ok", message: `${host} answers` };
    } catch {
      return { state: "fail", message: `${host} cannot be reached`, hint: "See networks.fedai.routers." };
    }
  }

  async function endpoint(): Promise<CheckAnswer> {
    if (settings.endpoint === undefined) {
      return settings.routers.length === 0
        ? { state: "ok", message: "not announced to any router" }
        : { state: "fail", message: "no endpoint is set", hint: "Set networks.fedai.endpoint: routers call it." };
    }
    const { hostname, protocol } = new URL(settings.endpoint);
    const bare = hostname.replace(/^\[|\]$/g, "");
    const isAddress = /^[\d.]+$|:/.test(bare);
    if (bare === "localhost" || (isAddress && !isPublicAddress(bare))) {
      const hint = "Routers refuse such addresses unless they are run for a private network.";
      return { state: "warn", message: `${bare} is not public`, hint };
    }
    if (protocol === "http:") return { state: "warn", message: "prompts travel unencrypted", hint: "Announce https." };
    return { state: "ok", message: settings.endpoint };
  }

  async function models(): Promise<CheckAnswer> {
    const offered = modelsOf(node);
    const trouble = troubleOf(node);
    if (trouble !== undefined)
      return { state: "fail", message: trouble, hint: "See model_backend.yaml and fxn status." };
    const guessed = offered.filter(
      ({ id }) => !settings.models.some((model) => model.id === id && model.contextWindow),
    );
    if (guessed.length === 0) return { state: "ok", message: `${offered.length} offered` };
    const hint = "Set networks.fedai.models[].contextWindow: prompts that do not fit count as failures of this node.";
    return { state: "warn", message: `${guessed.length} with a context window of ${settings.contextWindow}`, hint };
  }

  async function callers(): Promise<CheckAnswer> {
    if (access.isClosed()) return { state: "ok", message: "only keys that are listed" };
    return { state: "warn", message: "every stranger is served", hint: "networks.fedai.access.open is true." };
  }

  async function payments(): Promise<CheckAnswer> {
    const { required, verify, feeMaxBps, feeMaxSats } = settings.payments;
    if (!required) return { state: "ok", message: "not required" };
    if (verify.url === undefined) {
      return { state: "warn", message: "receipts are taken on their word", hint: "Set payments.verify.url." };
    }
    if (feeMaxBps === undefined && feeMaxSats === undefined) {
      return { state: "warn", message: "routers may add any fee", hint: "Set payments.feeMaxBps or feeMaxSats." };
    }
    return { state: "ok", message: "required and verified" };
  }

  return [
    ...registrars.map((one, index) => ({
      id: `fedai.router${index === 0 ? "" : `-${index + 1}`}`,
      title: "fed_AI: the router answers, and its clock is near ours",
      run: (signal: AbortSignal) => router(one, signal),
    })),
    { id: "fedai.endpoint", title: "fed_AI: the announced address is one that routers take", run: endpoint },
    { id: "fedai.models", title: "fed_AI: models are offered with their context windows", run: models },
    { id: "fedai.callers", title: "fed_AI: who may call", run: callers },
    { id: "fedai.payments", title: "fed_AI: payments are verified", run: payments },
  ];
}
