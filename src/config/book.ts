// The schema of config.yaml with every network's part, and what is read off it once: settings and their environment names.
import type { z } from "zod";
import { type ConfigSchema, configSchemaWith } from "./schema.ts";
import { type Setting, settingsOf } from "./settings.ts";

export interface ConfigBook {
  readonly schema: ConfigSchema;
  readonly settings: readonly Setting[];
}

/** @param networks what each network has under its id */
export function configBook(networks: Readonly<Record<string, z.ZodObject>>): ConfigBook {
  const schema = configSchemaWith(networks);
  return { schema, settings: settingsOf(schema) };
}
