// Reads the configuration with all its files, so that others can be given the very same texts.
import type { Environment } from "../../config/environment.ts";
import type { LoadedConfig } from "../../config/load.ts";
import { readTextFile } from "../../config/text-file.ts";
import { loadConfig } from "../../networks/config.ts";

/** By path, as they were read; undefined: there is none. */
export type Files = Readonly<Record<string, string | undefined>>;

export interface ReadConfig extends LoadedConfig {
  readonly files: Files;
}

/** @throws ConfigError with the problems of both files and the environment */
export async function readConfig(home: string, env: Environment): Promise<ReadConfig> {
  const files: Record<string, string | undefined> = {};
  const readFile = async (path: string) => {
    files[path] = await readTextFile(path);
    return files[path];
  };
  const loaded = await loadConfig({ home, env, readFile });
  return { ...loaded, files };
}
