// What a reload does, in the operator's words: models, their servers, networks, settings, and what waits for a restart.
import { basename } from "node:path";
import type { BackendConfig, ModelConfig, ModelsConfig } from "../../config/models-schema.ts";
import { type Change, sameValue } from "../../config/reload.ts";
import { clean } from "../../lib/clean.ts";
import type { OwnConfig } from "../../networks/config.ts";

export interface Effect {
  readonly kind:
    | "model_added"
    | "model_removed"
    | "model_changed"
    | "backend_gained"
    | "backend_lost"
    | "backend_changed"
    | "network_on"
    | "network_off"
    | "network_changed"
    | "setting_changed"
    | "needs_restart";
  /** The model, the network or the setting. */
  readonly of: string;
  /** One line; never a secret. */
  readonly text: string;
}

export interface Compared {
  readonly models: ModelsConfig;
  /** Those of their own accord that are on. */
  readonly networks: readonly OwnConfig[];
}

export interface Settings {
  readonly changed: readonly Change[];
  readonly needRestart: readonly Change[];
}

export function effects(before: Compared, after: Compared, settings: Settings): Effect[] {
  return [
    ...modelEffects(before.models, after.models),
    ...networkEffects(before.networks, after.networks),
    ...settings.changed.flatMap(settingEffect),
    ...settings.needRestart.map(restartEffect),
  ];
}

/** What the files say and the node does not run by, in a line for each way to change that; none: nothing. */
export function differing(
  all: readonly { readonly kind: string; readonly of: string }[],
): readonly { words: string; step: string }[] {
  const named = (some: typeof all) => [...new Set(some.map(({ of }) => clean(of)))].filter(Boolean).join(", ");
  const pending = all.filter(({ kind }) => kind === "needs_restart");
  const others = all.filter(({ kind }) => kind !== "needs_restart");
  return [
    ...(others.length > 0 ? [{ words: `not reloaded yet: ${named(others) || "models"}`, step: "fxn reload" }] : []),
    ...(pending.length > 0 ? [{ words: `restart pending: ${named(pending)}`, step: "fxn restart" }] : []),
  ];
}

/** Whether it has to begin anew; its share of the places and its hours are the node's business. */
export function begins(before: OwnConfig | undefined, after: OwnConfig): boolean {
  const identity = ({ account, passwordFile, written }: OwnConfig) => ({ account, passwordFile, written });
  return before === undefined || !sameValue(identity(before), identity(after));
}

function modelEffects(before: ModelsConfig, after: ModelsConfig): Effect[] {
  const [old, now] = [byId(before), byId(after)];
  const removed = before.models
    .filter(({ id }) => !now.has(id))
    .map(({ id }) => effect("model_removed", id, `model ${id} is gone`));
  const rest = after.models.flatMap((model) => {
    const former = old.get(model.id);
    return former ? changesOf(former, model) : [added(model)];
  });
  const form = before.catchAll !== after.catchAll && before.models.length > 0 && after.models.length > 0;
  const words = after.catchAll
    ? "every request goes to the one model, whatever it names"
    : "requests go to the model that they name";
  return [...(form ? [effect("model_changed", "", words)] : []), ...removed, ...rest];
}

function byId({ models }: ModelsConfig): ReadonlyMap<string, ModelConfig> {
  return new Map(models.map((model) => [model.id, model]));
}

function added({ id, backends }: ModelConfig): Effect {
  return effect("model_added", id, `model ${id} is new, on ${[...new Set(backends.map(nameOf))].join(", ")}`);
}

function changesOf(before: ModelConfig, after: ModelConfig): Effect[] {
  const { id } = after;
  const only = (some: readonly string[], others: readonly string[]) => some.filter((one) => !others.includes(one));
  const names = [
    ...only(after.aliases, before.aliases).map((alias) => `model ${id} answers to ${alias} too`),
    ...only(before.aliases, after.aliases).map((alias) => `model ${id} answers to ${alias} no more`),
  ];
  const left = [...before.backends];
  const takeOut = (fits: (one: BackendConfig) => boolean) => {
    const at = left.findIndex(fits);
    return at < 0 ? undefined : left.splice(at, 1)[0];
  };
  const same = after.backends.map((one) => takeOut((other) => sameValue(other, one)));
  const found = after.backends.map((one, i) => same[i] ?? takeOut((other) => sameValue(placeOf(other), placeOf(one))));
  const backends = after.backends.flatMap((one, i) => backendEffect(id, found[i], one));
  const lost = left.map((one) => effect("backend_lost", id, `model ${id} loses backend ${nameOf(one)}`));
  return [...names.map((text) => effect("model_changed", id, text)), ...lost, ...backends];
}

function backendEffect(id: string, before: BackendConfig | undefined, after: BackendConfig): Effect[] {
  const name = nameOf(after);
  if (!before) return [effect("backend_gained", id, `model ${id} gains backend ${name}`)];
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  const what = [...keys].filter((key) => !sameValue(Reflect.get(before, key), Reflect.get(after, key)));
  if (what.length === 0) return [];
  return [effect("backend_changed", id, `model ${id}, backend ${name}: another ${what.join(", ")}`)];
}

/** Its address or program: what else is said of it may change. */
function placeOf(config: BackendConfig): unknown {
  return config.provider === "process" ? config.runner.command : config.url;
}

/** As logs and `fxn status` name it: no path, no argument, no credential. */
function nameOf(config: BackendConfig): string {
  return config.provider === "process"
    ? `process:${basename(config.runner.command[0] ?? "")}`
    : new URL(config.url).origin;
}

function networkEffects(before: readonly OwnConfig[], after: readonly OwnConfig[]): Effect[] {
  const of = (all: readonly OwnConfig[], id: string) => all.find(({ network }) => network.id === id);
  const off = before.filter(({ network }) => !of(after, network.id));
  return [
    ...off.map(({ network: { id } }) =>
      effect("network_off", id, `network ${id} ends what it has begun, and takes no more`),
    ),
    ...after.flatMap((next) => {
      const { id } = next.network;
      const former = of(before, id);
      if (!begins(former, next)) return [];
      if (!former) return [effect("network_on", id, `network ${id} begins`)];
      return [
        effect("network_changed", id, `network ${id} ends what it has begun, and begins anew with other settings`),
      ];
    }),
  ];
}

/** Of a network's own settings it says that it begins anew. */
function settingEffect({ path, from, to }: Change): Effect[] {
  if (/^networks\..*\.enabled$/.test(path)) return [];
  // Of a secret, or of what a URL has behind its host, nothing is shown.
  const hidden = sameValue(from, to);
  return [effect("setting_changed", path, `${path}: ${hidden ? "another value" : `${shown(from)} -> ${shown(to)}`}`)];
}

function restartEffect({ path }: Change): Effect {
  return effect("needs_restart", path, `${path} needs a restart (fxn restart): until then it stays as it is`);
}

function shown(value: unknown): string {
  return value === undefined ? "not set" : typeof value === "string" ? value : JSON.stringify(value);
}

function effect(kind: Effect["kind"], of: string, text: string): Effect {
  return { kind, of, text };
}
