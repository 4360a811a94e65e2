// The schema of config.yaml with every network's part, and what is read off it once: settings and their environment names.
import type { z } from "zod";
import type { Finding } from "./checks.ts";
import type { Environment, Override } from "./environment.ts";
import { type ConfigSchema, configSchemaWith } from "./schema.ts";
import { type Setting, settingsOf } from "./settings.ts";
import type { Mapping } from "./yaml-tree.ts";

export interface ConfigBook {
  readonly schema: ConfigSchema;
  readonly settings: readonly Setting[];
  /**
   * What variables beside fxn's own decide; those of fxn are stronger.
   * @param tree the file with fxn's variables over it @throws FxnError that names the variable
   */
  readonly further: (env: Environment, tree: Mapping) => readonly Override[];
  /** What the networks that are on refuse of their parts, which the schema has passed. @param tree with all variables over it */
  readonly contradictions: (tree: Mapping) => readonly Finding[];
}

/** @param networks what each network has under its id */
export function configBook(
  networks: Readonly<Record<string, z.ZodObject>>,
  further: ConfigBook["further"] = () => [],
  contradictions: ConfigBook["contradictions"] = () => [],
): ConfigBook {
  const schema = configSchemaWith(networks);
  return { schema, settings: settingsOf(schema), further, contradictions };
}
