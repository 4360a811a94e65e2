// The schema as a flat list of settings and sections: what docs, example, environment and "did you mean" are made from.
import { z } from "zod";

export interface Setting {
  /** "node.listenPort", "models[].backends[].url". */
  readonly path: string;
  readonly help: string;
  /** A running node takes a change of it over; else it needs a restart. */
  readonly reloadable: boolean;
  /** "section": a mapping with settings of its own; "list of sections": a list of such mappings. */
  readonly role: "section" | "list of sections" | "setting";
  /** "duration", "integer"; empty for sections. */
  readonly type: string;
  /** As written in YAML; undefined when there is none. */
  readonly default: unknown;
  readonly required: boolean;
  /** Something that could stand there: the default, where there is one. */
  readonly example: unknown;
  /** Something that could stand there instead of the default. */
  readonly sample: unknown;
  /** A secret, or a URL that may hold one. */
  readonly format: "password" | "uri" | undefined;
}

/**
 * Every section and setting in the order of the schema; a section comes before what is in it.
 * @param reloadable what holds for those that do not say
 */
export function settingsOf(schema: z.ZodObject, prefix = "", reloadable = false): Setting[] {
  return Object.entries(schema.shape).flatMap(([key, member]) => {
    const path = `${prefix}${key}`;
    const { inner, meta, fallback, required } = unwrap(member);
    const examples = Array.isArray(meta.examples) ? meta.examples : [];
    const common = {
      reloadable: typeof meta.reloadable === "boolean" ? meta.reloadable : reloadable,
      help: meta.description ?? "",
      default: fallback,
      required,
      example: fallback ?? examples[0],
      sample: examples[0],
    };
    if (inner instanceof z.ZodObject) {
      return [
        { ...common, path, role: "section" as const, type: "", format: undefined },
        ...settingsOf(inner, `${path}.`, common.reloadable),
      ];
    }
    if (inner instanceof z.ZodArray && inner.element instanceof z.ZodObject) {
      return [
        { ...common, path: `${path}[]`, role: "list of sections" as const, type: "", format: undefined },
        ...settingsOf(inner.element, `${path}[].`, common.reloadable),
      ];
    }
    const format = meta.format === "password" || meta.format === "uri" ? meta.format : undefined;
    return [{ ...common, path, role: "setting" as const, type: meta.title ?? "", format }];
  });
}

/** Through defaults and optionality to the kind of the value; what is said further out wins. */
function unwrap(schema: z.core.SomeType) {
  let inner = schema;
  let meta: z.core.GlobalMeta = {};
  let fallback: unknown;
  let required = true;
  for (;;) {
    if (inner instanceof z.ZodType) meta = { ...inner.meta(), ...meta };
    if (inner instanceof z.ZodPrefault) fallback = inner.def.defaultValue;
    else if (!(inner instanceof z.ZodOptional)) return { inner, meta, fallback, required };
    required = false;
    inner = inner.def.innerType;
  }
}

/** A setting of the entries of a list: no variable names one of them. */
export function isInList(path: string): boolean {
  return path.includes("[]");
}

/** The last key of a path: "listenPort" of "node.listenPort". */
export function keyOf(path: string): string {
  return path.slice(path.lastIndexOf(".") + 1).replace("[]", "");
}

/** The section that a path stands in: "node" of "node.listenPort", "" of "rpcProvider". */
export function sectionOf(path: string): string {
  return path.includes(".") ? path.slice(0, path.lastIndexOf(".")) : "";
}
