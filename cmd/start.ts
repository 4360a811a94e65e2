// fxn start: runs the node until it is told to stop.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Command } from "clipanion";
import { CONFIG_FILE, loadConfig } from "../src/config/load.ts";
import { readTextFile } from "../src/config/text-file.ts";
import { writeDefaults } from "../src/config/write.ts";
import { systemClock } from "../src/core/clock.ts";
import { messageOf } from "../src/core/errors.ts";
import { keyPath, NODE_KEY, openSigner } from "../src/keys/key-store.ts";
import { openNotify, watchdogMs } from "../src/lib/sd-notify.ts";
import { composeNode } from "../src/node/compose.ts";
import { type RunningNode, runNode } from "../src/node/lifecycle.ts";
import { toldSystemd } from "../src/node/told-systemd.ts";
import { workerCount } from "../src/node/workers/count.ts";
import { WorkerGroup } from "../src/node/workers/worker-group.ts";
import type { Logger } from "../src/observe/logger.ts";
import { EXIT } from "./base.ts";
import { KeyCommand } from "./key-command.ts";
import { makeKey } from "./make-key.ts";
import { openLog } from "./open-log.ts";
import { COMPUTE_PROCESS, selfCommand, WORKER_PROCESS } from "./process-words.ts";
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
    const files: Record<string, string | undefined> = {};
    const readFile = async (path: string) => {
      files[path] = await readTextFile(path);
      return files[path];
    };
    const { config, models, warnings } = await loadConfig({ home, env: this.context.env, readFile });
    const log = openLog(config.logger, this.context.stderr);
    for (const path of fresh) log.info({ path }, "written on the first start");
    for (const warning of warnings)
      log.warn({ at: `${warning.file ?? ""}:${warning.line ?? ""}`, setting: warning.path }, warning.message);
    const count = workerCount(config.server.workers);
    const ports = { command: [...selfCommand(), WORKER_PROCESS], env: this.context.env, clock: systemClock, log };
    const workers = count > 1 ? new WorkerGroup(count, ports) : undefined;
    const passwords = this.passwords(config.keystore.passwordFile);
    const signer = await openSigner(home, NODE_KEY, () => passwords.existing("the node's key"));
    const signals = listenToSignals();
    const computeCommand = [...selfCommand(), COMPUTE_PROCESS];
    const running = await runNode(home, () =>
      composeNode({
        home,
        config,
        models,
        signer,
        version: VERSION,
        computeCommand,
        workers,
        files,
        env: this.context.env,
        clock: systemClock,
        log,
      }),
    );
    log.info(
      {
        host: config.node.listenAddress,
        port: running.publicPort,
        adminHost: config.admin.listen.host,
        adminPort: running.adminPort,
        address: signer.checksumAddress,
        version: VERSION,
      },
      "listening",
    );
    const { env } = this.context;
    const node = toldSystemd(running, {
      notify: openNotify(env),
      watchdogMs: watchdogMs(env),
      deadlineMs: config.shutdown.deadline,
      clock: systemClock,
    });
    const code = await untilStopped(node, signals, log);
    log.flush();
    return code;
  }

  /** What a first start needs and is not there yet; the key first, since it may need a password that is not there. */
  async #prepare(home: string): Promise<string[]> {
    const key = existsSync(keyPath(home, NODE_KEY))
      ? []
      : [(await makeKey(home, NODE_KEY, false, () => this.passwordsOfHome())).path];
    const config = existsSync(join(home, CONFIG_FILE)) ? [] : (await writeDefaults(home)).written;
    return [...key, ...config];
  }
}

interface Signals {
  /** The next one, also one that came before this was asked. */
  next(): Promise<keyof typeof SIGNALS>;
}

/** From now on signals end nothing by themselves: one that comes while the node starts must not be lost, nor kill it. */
function listenToSignals(): Signals {
  const came: (keyof typeof SIGNALS)[] = [];
  let notify = () => {};
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.on(name, () => {
      came.push(name);
      notify();
    });
  }
  return {
    async next() {
      for (;;) {
        const name = came.shift();
        if (name) return name;
        await new Promise<void>((resolve) => {
          notify = resolve;
        });
      }
    },
  };
}

/** Resolves with the exit code: 0 when it stopped as it should, as a shell names the signal after a second one. */
async function untilStopped(node: RunningNode, signals: Signals, log: Logger): Promise<number> {
  await signals.next();
  const stopped = node.stop().then(
    (cut) => {
      log.info({ cut }, "stopped");
      return EXIT.ok;
    },
    (error: unknown) => {
      log.error({ error: messageOf(error) }, "stopping failed");
      return EXIT.failed;
    },
  );
  const second = signals.next().then((signal) => {
    log.warn({ signal }, "second signal: ending now");
    return SIGNALS[signal];
  });
  return Promise.race([stopped, second]);
}
