// fxn start: runs the node until it is told to stop.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Command } from "clipanion";
import { CONFIG_FILE, loadConfig } from "../src/config/load.ts";
import { readTextFile } from "../src/config/text-file.ts";
import { writeDefaults } from "../src/config/write.ts";
import { systemClock } from "../src/core/clock.ts";
import { keyPath, NODE_KEY, openSigner } from "../src/keys/key-store.ts";
import { composeNode } from "../src/node/compose.ts";
import { type RunningNode, runNode } from "../src/node/lifecycle.ts";
import { createLogger, type Logger } from "../src/observe/logger.ts";
import { EXIT } from "./base.ts";
import { KeyCommand } from "./key-command.ts";
import { makeNodeKey } from "./node-key.ts";
import { VERSION } from "./version.ts";

const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;

export class StartCommand extends KeyCommand {
  static override paths = [["start"]];
  static override usage = Command.Usage({
    category: "Operating",
    description: "run the node",
    details: `
      Runs until SIGTERM or SIGINT. The first signal takes no new work and lets running streams end, up to
      shutdown.deadline; a second one ends at once. In a home without files it writes config.yaml and a key first. Without
      a model server or a chain it starts all the same, and fxn status says what is missing.
    `,
    examples: [
      ["With the key's password in a file", "fxn start --password-file ~/.fxn-password"],
      ["With the Function Network Go node's folder", "fxn start --home ~/.fxn-go"],
    ],
  });

  protected async run(): Promise<number> {
    const home = this.homeDir();
    const fresh = await this.#prepare(home);
    const { config, models, warnings } = await loadConfig({ home, env: this.context.env, readFile: readTextFile });
    const log = this.#logger(config.logger);
    for (const path of fresh) log.info({ path }, "written on the first start");
    for (const warning of warnings)
      log.warn({ at: `${warning.file ?? ""}:${warning.line ?? ""}`, setting: warning.path }, warning.message);
    const passwords = this.passwords(config.keystore.passwordFile);
    const signer = await openSigner(home, NODE_KEY, () => passwords.existing("the node's key"));
    const node = await runNode(
      composeNode({ home, config, models, signer, version: VERSION, clock: systemClock, log }),
    );
    log.info(
      {
        host: config.node.listenAddress,
        port: node.publicPort,
        adminHost: config.admin.listen.host,
        adminPort: node.adminPort,
        address: signer.checksumAddress,
        version: VERSION,
      },
      "listening",
    );
    return untilStopped(node, log);
  }

  /** What a first start needs and is not there yet; the key first, since it may need a password that is not there. */
  async #prepare(home: string): Promise<string[]> {
    const key = existsSync(keyPath(home, NODE_KEY))
      ? []
      : [(await makeNodeKey(home, false, await this.passwordsOfHome())).path];
    const config = existsSync(join(home, CONFIG_FILE)) ? [] : (await writeDefaults(home)).written;
    return [...key, ...config];
  }

  #logger({ verbosity, format }: { verbosity: string; format: "auto" | "json" | "human" }): Logger {
    const { stderr } = this.context;
    const terminal = "isTTY" in stderr && stderr.isTTY === true;
    const human = format === "human" || (format === "auto" && terminal);
    return createLogger({ verbosity, human, color: terminal, write: (line) => void stderr.write(line) });
  }
}

/** Resolves with the exit code: 0 when all streams ended in time, else as a shell names the signal. */
function untilStopped(node: RunningNode, log: Logger): Promise<number> {
  return new Promise((resolve) => {
    let stopping = false;
    const onSignal = (name: keyof typeof SIGNALS) => {
      if (stopping) {
        log.warn({ signal: name }, "second signal: ending now");
        resolve(SIGNALS[name]);
        return;
      }
      stopping = true;
      node.stop().then(
        (cut) => {
          log.info({ cut }, "stopped");
          resolve(EXIT.ok);
        },
        (error: unknown) => {
          log.error({ error: String(error) }, "stopping failed");
          resolve(EXIT.failed);
        },
      );
    };
    process.on("SIGINT", onSignal);
    process.on("SIGTERM", onSignal);
  });
}
