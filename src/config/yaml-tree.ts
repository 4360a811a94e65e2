// Walks a parsed YAML document once: plain text values come out, and where each one stands.
import { type Document, isAlias, isMap, isNode, isScalar, isSeq, type Scalar, type YAMLMap } from "yaml";
import { type Path, pathText } from "./problems.ts";
import { MAX_ALIASES } from "./yaml-limits.ts";

/** Scalars are their text as written: what a value means is for its setting to say, not for YAML. */
export type Tree = string | null | readonly Tree[] | Mapping;
export interface Mapping {
  readonly [key: string]: Tree;
}

export function isMapping(tree: Tree | undefined): tree is Mapping {
  return typeof tree === "object" && tree !== null && !Array.isArray(tree);
}

/** A value as if it had been read from a file. */
export function asTree(value: unknown): Tree {
  if (value === null || value === undefined) return null;
  if (Array.isArray(value)) return value.map(asTree);
  if (typeof value !== "object") return String(value);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, asTree(inner)]));
}

/** Offsets in the text. */
interface Spot {
  readonly key: number;
  readonly value: number;
}

export type Report = (offset: number, path: Path, message: string) => void;

export class YamlTree {
  /** By `pathText`. */
  readonly spots = new Map<string, Spot>();
  readonly #document: Document;
  readonly #report: Report;
  #aliases = 0;

  constructor(document: Document, report: Report) {
    this.#document = document;
    this.#report = report;
  }

  /** undefined when the document is no mapping; an empty one is an empty mapping. */
  read(): Mapping | undefined {
    const root = this.#document.contents;
    if (root === null || (isScalar(root) && root.value === null)) return {};
    if (isMap(root)) return this.#map(root, []);
    const found = isSeq(root) ? "a list" : "one value";
    this.#report(offsetOf(root), [], `expected settings, such as "node:" with keys below it, found ${found}`);
    return undefined;
  }

  #node(node: unknown, path: Path): Tree {
    if (isMap(node)) return this.#map(node, path);
    if (isScalar(node)) return this.#scalar(node, path);
    if (isSeq(node)) {
      return node.items.map((item, index) => {
        const offset = offsetOf(item);
        this.spots.set(pathText([...path, index]), { key: offset, value: offset });
        return this.#node(item, [...path, index]);
      });
    }
    if (!isAlias(node)) return null;
    this.#aliases++;
    const target = this.#aliases > MAX_ALIASES ? undefined : node.resolve(this.#document);
    if (target) return this.#node(target, path);
    const unknown = `*${node.source} stands for nothing: no &${node.source} comes before it`;
    // One message is enough: a bomb would bring thousands.
    if (this.#aliases <= MAX_ALIASES) this.#report(offsetOf(node), path, unknown);
    else if (this.#aliases === MAX_ALIASES + 1) this.#report(offsetOf(node), path, `more than ${MAX_ALIASES} aliases`);
    return null;
  }

  #map(map: YAMLMap, path: Path): Mapping {
    const found = new Map<string, Tree>();
    for (const { key, value } of map.items) {
      const offset = offsetOf(key);
      const name = isScalar(key) ? keyText(key) : undefined;
      if (name === undefined) {
        this.#report(offset, path, "a key must be a plain word");
        continue;
      }
      const place = [...path, name];
      if (found.has(name)) {
        this.#report(offset, place, "set twice in the same section");
        continue;
      }
      this.spots.set(pathText(place), { key: offset, value: isNode(value) ? offsetOf(value) : offset });
      found.set(name, this.#node(value, place));
    }
    // A key with nothing behind it, or "", is not set: an optional text that is left empty means its default.
    return Object.fromEntries([...found].filter(([, value]) => value !== null && value !== ""));
  }

  #scalar(node: Scalar, path: Path): Tree {
    if (node.tag !== undefined && !PLAIN_TAGS.includes(node.tag)) {
      this.#report(offsetOf(node), path, `the tag ${node.tag} is not supported`);
    }
    if (typeof node.value === "string" || node.value === null) return node.value;
    // As written: 0123 may be a key, and 12345678901234567890 is no number in JavaScript.
    return node.source ?? String(node.value);
  }
}

const PLAIN_TAGS = ["str", "int", "float", "bool", "null"].map((name) => `tag:yaml.org,2002:${name}`);

function keyText(key: Scalar): string {
  return typeof key.value === "string" ? key.value : (key.source ?? String(key.value));
}

function offsetOf(node: unknown): number {
  return isNode(node) ? (node.range?.[0] ?? 0) : 0;
}
