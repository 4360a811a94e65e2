// The whole configuration of a node: config.yaml's schema with every network's part in it.

import { z } from "zod";
import { type ConfigBook, configBook } from "../config/book.ts";
import type { Environment, Override } from "../config/environment.ts";
import { flag } from "../config/fields.ts";
import { type LoadedConfig, type LoadPorts, loadConfig as load } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import { type Answers, type WriteResult, writeDefaults as write } from "../config/write.ts";
import { isMapping, type Mapping } from "../config/yaml-tree.ts";
import { NOSTR_KEY } from "../keys/key-store.ts";
import { FUNCTION, OWN_NETWORKS } from "./index.ts";
import type { OwnNetwork } from "./ports.ts";
import { commonSettings, ownSettings } from "./settings.ts";

const own = OWN_NETWORKS.map(
  (network) =>
    [
      network.id,
      shared(network)
        .extend(network.settings.shape)
        .describe(network.settings.description ?? network.id),
    ] as const,
);

const common = commonSettings(true);
// It has the public listener, its processes and the node's own key: those are there from the start, or not at all.
const ofFunction = common
  .extend({ enabled: common.shape.enabled.meta({ reloadable: false }) })
  .describe("The Function Network; off, no chain is needed. Its other settings stand above.");

export const BOOK = configBook(
  { [FUNCTION.id]: ofFunction, ...Object.fromEntries(own) },
  furtherOverrides,
  contradictions,
);

/** What the variables of the networks' own nodes decide. */
function furtherOverrides(env: Environment, tree: Mapping): Override[] {
  return environmentOf(env, tree.networks).flatMap(({ id, settings }) =>
    settings.map(({ setting, value, names }) => ({
      path: ["networks", id, ...setting.split(".")],
      name: names.join(", $"),
      value,
    })),
  );
}

function environmentOf(env: Environment, networks: Mapping[string] | undefined) {
  return OWN_NETWORKS.map(({ id, readEnvironment }) => {
    const written = isMapping(networks) ? networks[id] : undefined;
    return { id, ...readEnvironment(env, isOn(written), written) };
  });
}

function isOn(written: Mapping[string] | undefined): written is Mapping {
  return isMapping(written) && flag.safeParse(written.enabled).data === true;
}

function contradictions({ networks }: Mapping) {
  return OWN_NETWORKS.flatMap((network) => {
    const written = isMapping(networks) ? networks[network.id] : undefined;
    if (!isOn(written)) return [];
    const [, rest] = parted(written);
    return network.check(rest).map(({ setting, message }) => ({
      path: ["networks", network.id, ...setting.split(".")],
      message,
    }));
  });
}

/** @throws ConfigError with the problems of both files and the environment */
export function loadConfig(ports: LoadPorts): Promise<LoadedConfig> {
  return loadWith(ports, BOOK);
}

/** One that is being written: what a network would refuse of it at a start, its operator may still put right. */
export function loadUnfinished(ports: LoadPorts): Promise<LoadedConfig> {
  return loadWith(ports, { ...BOOK, contradictions: () => [] });
}

async function loadWith(ports: LoadPorts, book: ConfigBook): Promise<LoadedConfig> {
  const loaded = await load(ports, book);
  const notes = environmentOf(ports.env, loaded.networks).flatMap(({ id, notes }) =>
    notes.map((message) => ({ file: "environment", path: `networks.${id}`, message })),
  );
  return { ...loaded, warnings: [...loaded.warnings, ...notes] };
}

/** @throws ConfigError when the answers make no valid configuration: then nothing is written */
export function writeDefaults(home: string, answers: Answers = {}): Promise<WriteResult> {
  return write(home, answers, BOOK);
}

export function functionIsOn({ networks }: Config): boolean {
  return networks[FUNCTION.id]?.enabled === true;
}

/** The longest time around now in which a network that is on takes signed times, milliseconds. */
export function replayWindowMs(config: Config): number {
  const on = OWN_NETWORKS.filter(({ id }) => config.networks[id]?.enabled === true);
  return Math.max(functionIsOn(config) ? config.auth.maxClockSkew : 0, ...on.map((network) => network.replayWindowMs));
}

/** What each network that is on may have of the model servers, by its id. */
export function sharesOf({ networks }: Config): Record<string, Share> {
  const on = Object.entries(networks).filter(([, { enabled }]) => enabled === true);
  return Object.fromEntries(on.map(([id, settings]) => [id, share.parse(settings)]));
}

/** Of settings that the schema has read already. */
const share = z.object({
  weight: z.number(),
  places: z.number(),
  quietHours: z.array(z.object({ from: z.number(), to: z.number() })),
});
type Share = z.output<typeof share>;

/** A network of its own accord that is on. */
export interface OwnConfig {
  readonly network: OwnNetwork;
  /** The key that signs for it. */
  readonly account: string;
  readonly passwordFile: string | undefined;
  /** What its own schema parses. */
  readonly written: unknown;
}

export function ownNetworksOn({ config, networks }: Pick<LoadedConfig, "config" | "networks">): OwnConfig[] {
  const on = OWN_NETWORKS.filter(({ id }) => config.networks[id]?.enabled === true);
  return on.map((network) => ownConfigOf(network, { networks }));
}

/** Of a network that may be off. */
export function ownConfigOf(network: OwnNetwork, { networks }: Pick<LoadedConfig, "networks">): OwnConfig {
  const written = networks[network.id];
  const [common, rest] = parted(isMapping(written) ? written : {});
  const { account, passwordFile } = shared(network).parse(common);
  return { network, account, passwordFile, written: rest };
}

/** A Nostr key may be every network's; a key that pays is one network's, as long as nobody says otherwise. */
function shared({ id, keyKind }: Pick<OwnNetwork, "id" | "keyKind">) {
  return ownSettings(keyKind === "nostr" ? NOSTR_KEY : id);
}

/** What every network has, and what is its own. */
function parted(written: Readonly<Record<string, unknown>>) {
  const entries = Object.entries(written);
  const isShared = (key: string) => key in ownSettings(NOSTR_KEY).shape;
  return [
    Object.fromEntries(entries.filter(([key]) => isShared(key))),
    Object.fromEntries(entries.filter(([key]) => !isShared(key))),
  ] as const;
}
