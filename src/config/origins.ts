// Every value in force and where it comes from; what may be a secret is masked.
import { z } from "zod";
import type { ConfigBook } from "./book.ts";
import type { Override } from "./environment.ts";
import { type Path, type Place, pathText } from "./problems.ts";
import type { Config } from "./schema.ts";
import { isInList } from "./settings.ts";
import type { YamlFile } from "./yaml-file.ts";

export interface Leaf {
  /** "node.listenPort". */
  readonly path: string;
  /** As YAML would write it; undefined when it is not set and has no default. */
  readonly value: unknown;
  /** "default", "config.yaml:12" or "$FXN_NODE_LISTEN_PORT". */
  readonly from: string;
}

/** The configuration as YAML would write it; of URLs only the host is left. */
export function shownConfig(config: Config, { schema, settings }: ConfigBook): unknown {
  // RPC providers put the API key into the URL.
  const urls = settings.filter(({ format }) => format === "uri").map(({ path }) => path);
  return masked(z.encode(schema, config), "", urls);
}

function masked(tree: unknown, path: string, urls: readonly string[]): unknown {
  if (urls.includes(path)) return Array.isArray(tree) ? tree.map(maskUrl) : maskUrl(tree);
  if (Array.isArray(tree)) return tree.map((item) => masked(item, `${path}[]`, urls));
  if (typeof tree !== "object" || tree === null) return tree;
  return Object.fromEntries(
    Object.entries(tree).map(([key, value]) => [key, masked(value, path === "" ? key : `${path}.${key}`, urls)]),
  );
}

function maskUrl(text: unknown): unknown {
  if (typeof text !== "string") return text;
  // Not `origin`: of redis:// and postgres:// there is none. Those have no path either when nothing follows the host.
  const { protocol, host, pathname, search } = new URL(text);
  const server = `${protocol}//${host}`;
  return (pathname === "/" || pathname === "") && search === "" ? server : `${server}/***`;
}

/** @param overrides the stronger ones first */
export function configLeaves(
  shown: unknown,
  file: YamlFile,
  overrides: readonly Override[],
  { settings }: ConfigBook,
): Leaf[] {
  return settings
    .filter(({ path, role }) => (role === "setting" ? !isInList(path) : role === "list of sections"))
    .map(({ path: named }) => {
      const path = named.replace("[]", "");
      const override = overrides.find((one) => one.path.join(".") === path);
      const keys = path.split(".");
      return { path, value: lookup(shown, keys), from: override ? `$${override.name}` : origin(file, keys) };
    });
}

/** @param shown model_backend.yaml with its defaults filled in */
export function modelLeaves(shown: unknown, file: YamlFile, path: Path = []): Leaf[] {
  const nested = typeof shown === "object" && shown !== null;
  const plainList = Array.isArray(shown) && !shown.some((item) => typeof item === "object");
  if (!nested || plainList) return [{ path: pathText(path), value: shown, from: origin(file, path) }];
  const entries: [string | number, unknown][] = Array.isArray(shown) ? [...shown.entries()] : Object.entries(shown);
  return entries
    .filter(([, value]) => value !== undefined)
    .flatMap(([key, value]) => modelLeaves(value, file, [...path, key]));
}

function origin(file: YamlFile, path: Path): string {
  if (lookup(file.value, path) === undefined) return "default";
  const place: Place = file.keyAt(path);
  return `${place.file}:${place.line}`;
}

function lookup(tree: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (inner, key) =>
      typeof inner === "object" && inner !== null && Object.hasOwn(inner, key) ? Reflect.get(inner, key) : undefined,
    tree,
  );
}
