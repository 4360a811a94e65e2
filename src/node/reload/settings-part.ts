// What a reload changes and is no part's own: what is read when it is used, the log's level, who may read the admin listener.
import type { Config } from "../../config/schema.ts";
import { messageOf } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import { type LogLevel, levelOf } from "../../observe/logger.ts";
import type { AdminAccess } from "../../server/admin-access.ts";
import { type AdminToken, adminToken } from "../admin-token.ts";
import { refuseWhatNeedsRestart } from "./needs-restart.ts";
import type { ReloadPart } from "./part.ts";

export interface SettingsPorts {
  readonly home: string;
  /** What the node began with. */
  readonly begun: { readonly config: Config; readonly processes: number };
  /** Is given the next configuration. */
  readonly live: { config: Config };
  readonly access: AdminAccess;
  readonly setLogLevel: (level: LogLevel) => void;
  /** Gets the next configuration. */
  readonly onChange: (config: Config) => void;
  readonly log: Log;
}

export function settingsPart({ home, begun, live, access, setLogLevel, onChange, log }: SettingsPorts): ReloadPart {
  return {
    async prepare(next) {
      const { config } = next;
      refuseWhatNeedsRestart(next, begun);
      const admin = adminToken(home, config.admin);
      return {
        commit() {
          const former = live.config;
          live.config = config;
          access.changeTo(admin.token);
          keep(admin, log);
          // Who has changed the level by hand keeps it.
          if (config.logger.verbosity !== former.logger.verbosity) setLogLevel(levelOf(config.logger.verbosity));
          if (!former.registry.bypassAuth) warnOfBypass(config, log);
          onChange(config);
        },
        discard() {},
      };
    },
  };
}

/** Until it is written nobody knows it, and nobody is let in: the node goes on, and the next reload makes another. */
function keep(admin: AdminToken, log: Log): void {
  try {
    admin.keep();
  } catch (error) {
    log.error({ error: messageOf(error) }, "the admin listener's new token is not kept: mend this and reload again");
  }
}

export function warnOfBypass({ registry }: Config, log: Log): void {
  if (!registry.bypassAuth) return;
  log.warn({ setting: "registry.bypassAuth" }, "EVERY CALLER IS LET IN UNSIGNED: development only");
}
