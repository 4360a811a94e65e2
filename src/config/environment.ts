// Environment variables over config.yaml: every setting has one, named after its path.
import type { Places } from "./parse.ts";
import type { Path, Place, Problem } from "./problems.ts";
import { isInList, keyOf, type Setting } from "./settings.ts";
import { closest } from "./suggest.ts";
import { asTree, isMapping, type Mapping } from "./yaml-tree.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

const PREFIX = "FXN_";

/** node.listenPort → FXN_NODE_LISTEN_PORT. */
export function environmentName(path: string): string {
  return `${PREFIX}${path
    .replaceAll(".", "_")
    .replaceAll(/(?<=[a-z])(?=[A-Z])/g, "_")
    .toUpperCase()}`;
}

/** One setting that the environment decides. */
export interface Override {
  readonly path: readonly string[];
  readonly name: string;
  /** A text, or what YAML would write. */
  readonly value: unknown;
}

const pathsOf = (settings: readonly Setting[], role: Setting["role"]) =>
  settings.filter((setting) => setting.role === role && !isInList(setting.path)).map(({ path }) => path);

/** Variables of fxn that are no settings. */
const OTHERS: readonly string[] = ["FXN_HOME", "FXN_PASSWORD"];

/** A variable that is set to nothing is not set. */
export function overridesOf(env: Environment, settings: readonly Setting[]): readonly Override[] {
  return pathsOf(settings, "setting").flatMap((path) => {
    const name = environmentName(path);
    const text = env[name];
    return text ? [{ path: path.split("."), name, value: text }] : [];
  });
}

/** The tree with the overrides in it, of which the first is the strongest; a section that is no mapping is left for the schema to refuse. */
export function withOverrides(tree: Mapping, overrides: readonly Override[]): Mapping {
  return overrides.toReversed().reduce((merged, { path, value }) => put(merged, path, value), tree);
}

function put(tree: Mapping, [key = "", ...rest]: readonly string[], value: unknown): Mapping {
  if (rest.length === 0) return { ...tree, [key]: asTree(value) };
  const section = Object.hasOwn(tree, key) ? tree[key] : {};
  return isMapping(section) ? { ...tree, [key]: put(section, rest, value) } : tree;
}

/** Places that name the variable instead of the file where one decides. */
export function placesWith(overrides: readonly Override[], file: Places): Places {
  const variable = (path: Path): Place | undefined => {
    const override = overrides.find((one) => one.path.every((key, index) => path[index] === key));
    return override && { file: `$${override.name}` };
  };
  return {
    keyAt: (path) => variable(path) ?? file.keyAt(path),
    valueAt: (path) => variable(path) ?? file.valueAt(path),
  };
}

/**
 * Warnings about FXN_ variables that look like settings and are none. Others are left alone:
 * Kubernetes sets FXN_SERVICE_HOST, FXN_PORT and more by itself for a service of that name.
 */
export function strayVariables(env: Environment, settings: readonly Setting[]): readonly Problem[] {
  const paths = pathsOf(settings, "setting");
  const names = paths.map(environmentName);
  const sections = pathsOf(settings, "section").map(environmentName);
  return Object.keys(env)
    .filter((name) => name.startsWith(PREFIX) && !names.includes(name) && !OTHERS.includes(name))
    .flatMap((name) => {
      const suggestion = intended(name, paths, names);
      if (!suggestion && !sections.some((section) => name.startsWith(`${section}_`))) return [];
      const message = "names no setting and is ignored";
      return [{ file: `$${name}`, path: "", message, ...(suggestion && { suggestion }) }];
    });
}

/** A name with a slip in it, or one that lacks the section: FXN_LISTEN_PORT. */
function intended(name: string, paths: readonly string[], names: readonly string[]): string | undefined {
  const near = closest(
    name.slice(PREFIX.length),
    names.map((known) => known.slice(PREFIX.length)),
  );
  if (near) return `${PREFIX}${near}`;
  const path = paths.find((known) => known.split(".").length <= 2 && environmentName(keyOf(known)) === name);
  return path && environmentName(path);
}
