// Looks for relays and publishes the manifest, now and then; nothing of it happens unless the settings ask for it.
import { sleep } from "../../../core/clock.ts";
import type { StatusLine } from "../../../core/network.ts";
import type { FedaiNode } from "../fedai-node.ts";
import type { Registrar } from "../registration/registrar.ts";
import { discoverRelays, type Relay } from "../relays/discover.ts";
import { thisMachine } from "./bands.ts";
import { manifestOf, signedManifest } from "./manifest.ts";
import { manifestEvent, publishManifest, sendManifest } from "./publish.ts";

/** Routers take a snapshot of relays for a day. */
const INTERVAL_MS = 6 * 3_600_000;
/** So many are shown. */
const BEST = 3;
/** Until the routers have the node. */
const FIRST_MS = 3000;

export class Publisher {
  readonly #node: FedaiNode;
  readonly #registrars: readonly Registrar[];
  #relays: { readonly found: readonly Relay[]; readonly at: number } | undefined;
  #published: string | undefined;

  constructor(node: FedaiNode, registrars: readonly Registrar[]) {
    this.#node = node;
    this.#registrars = registrars;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { settings, ports } = this.#node;
    const { bootstrap, directories } = settings.relays;
    const looks = bootstrap.length + directories.length > 0;
    const publishes = settings.manifest.send || settings.manifest.relays.length > 0;
    if (!looks && !publishes) return;
    await sleep(ports.clock, FIRST_MS, signal);
    while (!signal.aborted) {
      if (looks) await this.#look(signal);
      if (publishes) await this.#publish(signal);
      await sleep(ports.clock, INTERVAL_MS, signal);
    }
  }

  status(): readonly StatusLine[] {
    const found = this.#relays?.found;
    return [
      ...(found ? [{ name: "relays", value: `${found.length} found: ${bestOf(found)}` }] : []),
      ...(this.#published === undefined ? [] : [{ name: "manifest", value: this.#published }]),
    ];
  }

  async #look(signal: AbortSignal): Promise<void> {
    const { settings, ports } = this.#node;
    const from = { fetch: ports.fetch, now: () => ports.clock.now() };
    const found = await discoverRelays(settings.relays, from, signal);
    this.#relays = { found, at: ports.clock.now() };
    ports.log.info({ relays: found.length, best: bestOf(found) }, "looked for relays");
  }

  async #publish(signal: AbortSignal): Promise<void> {
    const { settings, ports } = this.#node;
    const manifest = signedManifest(this.#node, manifestOf(this.#node, thisMachine(), this.#relays));
    const event = manifestEvent(this.#node, manifest);
    const routers = settings.manifest.send ? this.#registrars.map(({ endpoint }) => endpoint) : [];
    const outcomes = await Promise.all([
      ...routers.map(async (to) => ({ to, trouble: await sendManifest(this.#node, to, manifest, signal) })),
      ...settings.manifest.relays.map(async (to) => ({ to, trouble: await publishManifest(to, event, signal) })),
    ]);
    for (const { to, trouble } of outcomes) {
      ports.metrics.call("manifest", trouble === undefined ? "ok" : "failed");
      if (trouble !== undefined) ports.log.warn({ to: new URL(to).host, trouble }, "the manifest was not taken");
    }
    const taken = outcomes.filter(({ trouble }) => trouble === undefined).length;
    this.#published = `taken by ${taken} of ${outcomes.length}`;
  }
}

function bestOf(found: readonly Relay[]): string {
  return found
    .slice(0, BEST)
    .map(({ url, score }) => `${url} (${score})`)
    .join(", ");
}
