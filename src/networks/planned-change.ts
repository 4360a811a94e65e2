// A change of config.yaml for a network: laid out, so that it can be checked, before anything of it is written.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { withSettings } from "../config/edit.ts";
import { CONFIG_FILE, type LoadPorts } from "../config/load.ts";
import { ConfigError } from "../config/problems.ts";
import { readTextFile } from "../config/text-file.ts";
import { CONFIG_HEAD } from "../config/write.ts";
import { messageOf } from "../core/errors.ts";
import { keyPath, NODE_KEY } from "../keys/key-store.ts";
import { ensurePrivateDir, replacePrivate } from "../lib/private-file.ts";
import { FUNCTION } from "./index.ts";

type Changes = Readonly<Record<string, unknown>>;

export interface PlannedChange {
  /** Setting by setting: "networks.fedai.nodeId", and what it is to be. */
  readonly changes: Changes;
  /** The Function Network is turned off: this home has been for nothing yet. */
  readonly alone: boolean;
  /** For loading the configuration as it would be then. */
  readonly ports: LoadPorts;
  write(): void;
}

/** @throws ConfigError when config.yaml cannot be read as YAML */
export async function planChange(home: string, given: Changes): Promise<PlannedChange> {
  const path = join(home, CONFIG_FILE);
  const before = await readTextFile(path).catch((cause: unknown) => {
    throw new ConfigError([{ file: CONFIG_FILE, path: "", message: `cannot be read: ${messageOf(cause)}` }]);
  });
  const alone = before === undefined && !existsSync(keyPath(home, NODE_KEY));
  const changes = { ...(alone && { [`networks.${FUNCTION.id}.enabled`]: false }), ...given };
  const after = withSettings(CONFIG_FILE, before ?? `${CONFIG_HEAD.join("\n")}\n`, changes);
  return {
    changes,
    alone,
    ports: { home, env: {}, readFile: async (name) => (name === path ? after : readTextFile(name)) },
    write() {
      ensurePrivateDir(home);
      replacePrivate(path, after);
    },
  };
}
