// fxn start: runs the node until it is told to stop.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Command } from "clipanion";
import type { Environment } from "../src/config/environment.ts";
import { CONFIG_FILE } from "../src/config/load.ts";
import { systemClock } from "../src/core/clock.ts";
import { FxnError } from "../src/core/errors.ts";
import { keyPath, NODE_KEY } from "../src/keys/key-store.ts";
import { type Keyring, openKeyring } from "../src/keys/keyring.ts";
import { nostrFromKey } from "../src/keys/nostr.ts";
import { signerFromKey } from "../src/keys/signer.ts";
import { openNotify, watchdogMs } from "../src/lib/sd-notify.ts";
import { functionIsOn, loadConfig, type OwnConfig, ownNetworksOn, writeDefaults } from "../src/networks/config.ts";
import { FUNCTION, OWN_NETWORKS } from "../src/networks/index.ts";
import { composeNode } from "../src/node/compose.ts";
import { Drain } from "../src/node/drain.ts";
import { type Predecessor, predecessorOf } from "../src/node/handover/predecessor.ts";
import { Restart } from "../src/node/handover/restart.ts";
import { runNode } from "../src/node/lifecycle.ts";
import type { NetworkKey } from "../src/node/own-networks.ts";
import { readConfig } from "../src/node/reload/read.ts";
import { toldSystemd } from "../src/node/told-systemd.ts";
import { servingProcesses } from "../src/node/workers/count.ts";
import { WorkerGroup } from "../src/node/workers/worker-group.ts";
import { KeyCommand } from "./key-command.ts";
import { makeKey } from "./make-key.ts";
import { networkKey } from "./network-key.ts";
import { openLog } from "./open-log.ts";
import { COMPUTE_PROCESS, MODEL_PROCESS, selfCommand, selfFiles, WORKER_PROCESS } from "./process-words.ts";
import { RELEASE_PUBLIC_KEY, RELEASE_URL } from "./release-source.ts";
import { listenToSignals, untilEnded } from "./until-ended.ts";
import { VERSION } from "./version.ts";

export class StartCommand extends KeyCommand {
  static override paths = [["start"]];
  static override usage = Command.Usage({
    category: "Operating",
    description: "run the node",
    details: `
      Runs until SIGTERM or SIGINT. The first signal takes no new work and lets running streams end, up to
      shutdown.deadline; a second one ends at once. In a home without files it writes config.yaml and a key first; with
      another network's own variables (NODE_PRIVATE_KEY_PEM) that home is for this network alone. Without
      a model server or a chain it starts all the same, and fxn status says what is missing.

      After fxn restart this process stays until the one that took over ends, so that a terminal or a container that
      waits for it goes on waiting; under systemd, which is told of the new process, it ends with its last answer.
    `,
    examples: [
      ["With the key's password in a file", "fxn start --password-file ~/.fxn-password"],
      ["With the Function Network Go node's folder", "fxn start --home ~/.fxn-go"],
    ],
  });

  protected async run(): Promise<number> {
    const predecessor = predecessorOf(this.context.env);
    try {
      return await this.#start(predecessor);
    } catch (error) {
      predecessor?.failed(error);
      throw error;
    }
  }

  async #start(predecessor: Predecessor | undefined): Promise<number> {
    const home = this.homeDir();
    const fresh = await this.#prepare(home);
    const { env } = this.context;
    const { config, networks: written, models, warnings, files } = await readConfig(home, env);
    const log = openLog(config.logger, this.context.stderr);
    for (const path of fresh) log.info({ path }, "written on the first start");
    for (const warning of warnings)
      log.warn({ at: `${warning.file ?? ""}:${warning.line ?? ""}`, setting: warning.path }, warning.message);
    const networks = ownNetworksOn({ config, networks: written });
    if (networks.length === 0 && !functionIsOn(config)) throw allOff();
    const count = functionIsOn(config) ? servingProcesses(config, models) : 1;
    const ports = { command: [...selfCommand(), WORKER_PROCESS], env, clock: systemClock, log };
    const workers = count > 1 ? new WorkerGroup(count, ports) : undefined;
    const keyring = openKeyring(home, this.passwords(config.keystore.passwordFile));
    const signer = functionIsOn(config) ? await keyring.signer(NODE_KEY) : undefined;
    const keys = new Map<string, () => NetworkKey>();
    for (const network of networks)
      keys.set(network.network.id, await this.#keyOf(network, keyring, functionIsOn(config) || networks.length > 1));
    const signals = listenToSignals();
    const computeCommand = [...selfCommand(), COMPUTE_PROCESS];
    const restart = new Restart({
      command: [...selfCommand(), ...process.argv.slice(2)],
      env,
      clock: systemClock,
      platform: process.platform,
      sharedStore: config.store.url !== undefined,
    });
    const drain = new Drain();
    const notify = openNotify(env);
    let reload = async (): Promise<unknown> => undefined;
    // A terminal that closes sends the same: there it means the end. The log says what comes of it.
    if (notify) process.on("SIGHUP", () => void reload().catch(() => {}));
    const compose = () =>
      composeNode({
        home,
        config,
        models,
        signer,
        networks,
        keys,
        openKey: (own) => this.#openKey(own, openKeyring(home, this.passwordsUnasked(config.keystore.passwordFile))),
        version: VERSION,
        releases: { from: RELEASE_URL, publicKey: RELEASE_PUBLIC_KEY },
        computeCommand,
        modelProgram: { command: [...selfCommand(), MODEL_PROCESS], readable: selfFiles() },
        workers,
        files,
        restart,
        drain: (deadlineMs) => drain.now(deadlineMs),
        onReload: (busy) => void notify?.(busy ? { RELOADING: 1 } : { READY: 1 }),
        env,
        clock: systemClock,
        log,
      });
    const node = toldSystemd(await runNode(home, compose, systemClock, predecessor), {
      notify,
      watchdogMs: watchdogMs(env),
      clock: systemClock,
    });
    restart.of(node);
    drain.of(node);
    log.info(
      {
        host: config.node.listenAddress,
        port: node.publicPort,
        adminHost: config.admin.listen.host,
        adminPort: node.adminPort,
        address: signer?.checksumAddress,
        version: VERSION,
      },
      "listening",
    );
    reload = () => node.reload();
    const code = await untilEnded({
      ...{ node, restart, drain, signals, predecessor, log },
      // The first process of a container must stay: the container ends with it.
      supervised: !!env.NOTIFY_SOCKET && process.pid !== 1,
    });
    log.flush();
    return code;
  }

  /** @param others whether the node has other networks, which a key that cannot be opened must not stop */
  async #keyOf(own: OwnConfig, keyring: Keyring, others: boolean) {
    try {
      const key = await this.#openKey(own, keyring);
      return () => key;
    } catch (error) {
      if (!others || !(error instanceof FxnError)) throw error;
      return () => {
        throw error;
      };
    }
  }

  async #openKey(own: OwnConfig, keyring: Keyring): Promise<NetworkKey> {
    const { env } = this.context;
    const { privateKey } = own.network.readEnvironment(env, true);
    if (!privateKey) return networkKey(own, keyring, env);
    const bytes = Buffer.from(privateKey.reveal(), "hex");
    return { identity: nostrFromKey(bytes), account: signerFromKey(bytes) };
  }

  /** What a first start needs and is not there yet; the key first, since it may need a password that is not there. */
  async #prepare(home: string): Promise<string[]> {
    const { env } = this.context;
    const configured = existsSync(join(home, CONFIG_FILE));
    const keyed = existsSync(keyPath(home, NODE_KEY));
    const { config } = await loadConfig({ home, env });
    const alone = !configured && !keyed && env[FUNCTION_ENABLED] === undefined && isOfAnother(env);
    const needsKey = !keyed && !alone && functionIsOn(config);
    const key = needsKey ? [(await makeKey(home, NODE_KEY, false, () => this.passwordsOfHome())).path] : [];
    if (configured) return key;
    const settings = alone ? { [`networks.${FUNCTION.id}.enabled`]: false } : {};
    return [...key, ...(await writeDefaults(home, { settings })).written];
  }
}

const FUNCTION_ENABLED = "FXN_NETWORKS_FUNCTION_ENABLED";

/** Whether a key for another network's own node is there: such a node, moved to a new home, is for that network alone. */
function isOfAnother(env: Environment): boolean {
  return OWN_NETWORKS.some(({ readEnvironment }) => readEnvironment(env, false).privateKey !== undefined);
}

function allOff(): FxnError {
  return new FxnError("networks_off", 500, "every network is off: there is nothing to do", {
    hint: "Set networks.function.enabled, or that of another network, to true in config.yaml.",
  });
}
