// Whether the configuration can be used, and means that anything is to be done.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { CONFIG_FILE, MODELS_FILE } from "../../config/load.ts";
import { ConfigError, formatProblem } from "../../config/problems.ts";
import { type CheckKind, fail, ok, warn } from "../../core/check.ts";
import { NETWORK_IDS } from "../../networks/index.ts";
import type { Surroundings } from "./surroundings.ts";

export const VALID = "config.valid";
const HINT = "See all of them, with file and line: fxn config check. Mend them there, then: fxn reload";

export const CONFIG_CHECKS: readonly CheckKind<Surroundings>[] = [
  {
    id: VALID,
    title: "The configuration is valid",
    looksAt: "config.yaml, model_backend.yaml and the FXN_ variables, as a start would read them.",
    mend: "fxn config check shows every problem with file, line and column; config.example.yaml explains every setting.",
    async run({ home, config }) {
      if (!existsSync(home)) return fail(`there is no ${home}`, "Set the node up: fxn init; or name its home: --home");
      try {
        const { warnings } = await config();
        const [first] = warnings;
        if (first) return warn(formatProblem(first), HINT);
        const files = [CONFIG_FILE, MODELS_FILE].filter((name) => existsSync(join(home, name)));
        return ok(files.length > 0 ? files.join(", ") : "no file, so every default");
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        const [first] = error.problems;
        const more = error.problems.length - 1;
        return fail(
          `${first ? formatProblem(first) : "it cannot be read"}${more > 0 ? `; and ${more} more` : ""}`,
          HINT,
        );
      }
    },
  },
  {
    id: "config.networks",
    title: "A network is on",
    looksAt: "networks.<network>.enabled of config.yaml: with all of them off there is nothing to do.",
    mend: "Turn one on: networks.<network>.enabled: true; fxn networks list names them.",
    after: [VALID],
    async run({ config }) {
      const { networks } = (await config()).config;
      const on = NETWORK_IDS.filter((id) => networks[id]?.enabled === true);
      if (on.length > 0) return ok(on.join(", "));
      return fail(
        "every network is off",
        "Turn one on: networks.<network>.enabled: true in config.yaml; fxn networks list names them.",
      );
    },
  },
];
