// What the service will be, and everything that would keep it from starting: found before anything is written.
import { existsSync, realpathSync, statSync } from "node:fs";
import { join, resolve, sep } from "node:path";
import { CONFIG_FILE, type LoadedConfig, type LoadPorts, MODELS_FILE } from "../config/load.ts";
import { FxnError } from "../core/errors.ts";
import { keyPath, NODE_KEY, readKey } from "../keys/key-store.ts";
import { passwordsFrom } from "../keys/password.ts";
import { type Account, barrier, READ, RUN } from "./access.ts";
import { ServiceError } from "./errors.ts";
import type { Place, Service, ServiceManager } from "./manager.ts";
import { type ServiceUser, serviceUser, type Users } from "./service-user.ts";

export interface Wanted {
  readonly manager: ServiceManager;
  readonly place: Place;
  readonly program: readonly string[];
  readonly user: string | undefined;
  readonly passwordFile: string | undefined;
}

export interface Machine {
  readonly users: Users;
  /** Of groups that own GPU devices, those that are there. */
  readonly groups: readonly string[];
  /** Folders that are emptied when it starts, without links. */
  readonly temporary: readonly string[];
}

export interface Examined {
  readonly service: Service;
  readonly problems: readonly FxnError[];
}

const DEFAULT_DEADLINE_MS = 30_000;
/** Below it, only root may listen. */
const FREE_PORTS = 1024;

/** Where something is at fault, the rest is described as if it were not. */
export async function examine(
  wanted: Wanted,
  machine: Machine,
  loadConfig: (ports: LoadPorts) => Promise<LoadedConfig>,
): Promise<Examined> {
  const { manager, place, program, passwordFile } = wanted;
  const problems: FxnError[] = [];
  const attempt = async <T>(work: () => T | Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof FxnError)) throw error;
      problems.push(error);
      return undefined;
    }
  };

  await attempt(() => checkKeyIsThere(place.home));
  // The environment of this shell is not the service's.
  const config = await attempt(async () => (await loadConfig({ home: place.home, env: {} })).config);
  const who = problems.length > 0 ? undefined : await attempt(() => whoRuns(wanted, machine.users));
  if (who) {
    await attempt(() => checkFolders(place.home, program, who, machine.temporary));
    const { passwordFile: fromConfig } = config?.keystore ?? {};
    const files = {
      file: passwordFile,
      configFile: fromConfig === undefined ? undefined : resolve(place.home, fromConfig),
    };
    await attempt(() => checkKeyOpens(wanted, files, who));
  }
  const service: Service = {
    ...place,
    program,
    user: who?.user ?? (wanted.user === undefined ? undefined : { name: wanted.user }),
    passwordFile,
    groups: machine.groups,
    deadlineMs: config?.shutdown.deadline ?? DEFAULT_DEADLINE_MS,
    lowPort: isLow(config?.node.listenPort) || isLow(config?.admin.listen.port),
  };
  await attempt(() => manager.files(service));
  return { service, problems };
}

const isLow = (port = 0) => port > 0 && port < FREE_PORTS;

/** The start would make one, and ask for a password that nobody is there to type. */
function checkKeyIsThere(home: string): void {
  readKey(home, NODE_KEY, ownerOf(home));
}

function ownerOf(path: string): number | undefined {
  try {
    return process.getuid && statSync(path).uid;
  } catch {
    return undefined;
  }
}

async function whoRuns({ manager, place, user }: Wanted, users: Users): Promise<ServiceUser> {
  if (place.system) return serviceUser(place.home, user, manager.platform === "linux", users);
  const name = user ?? (await users.nameOf(place.uid));
  const account = { uid: place.uid, gids: [] };
  return { user: name === undefined ? undefined : { name }, owner: account, reader: account };
}

function checkFolders(
  home: string,
  [program = "", ...rest]: readonly string[],
  { owner, reader, user }: ServiceUser,
  temporary: readonly string[],
): void {
  const isTemporary = (path: string) => temporary.some((folder) => realpathSync(path).startsWith(folder + sep));
  if (isTemporary(program)) {
    throw new ServiceError(
      "service_binary_temporary",
      `${program} lies in a temporary folder, which is emptied`,
      "Move the program to where it stays, such as /usr/local/bin, and install from there.",
    );
  }
  if (isTemporary(home)) {
    throw new ServiceError(
      "service_home_temporary",
      `${home} lies in a temporary folder, which is emptied`,
      "Move it to where it stays; your key is in it.",
    );
  }
  checkReach(program, reader, RUN);
  for (const path of rest) checkReach(path, reader, READ);
  // What is handed over is reached once it is.
  if (user && "state" in user) return;
  for (const path of [keyPath(home, NODE_KEY), join(home, CONFIG_FILE), join(home, MODELS_FILE)])
    if (existsSync(path)) checkReach(path, owner, READ);
}

function checkReach(path: string, account: Account, need: number): void {
  if (process.getuid === undefined) return;
  const at = barrier(path, account, need);
  if (at === undefined) return;
  throw new ServiceError(
    "service_unreadable",
    `The service's user cannot use ${path}: ${at} keeps it out`,
    "Move the file to where that user may read it, or change the mode of what keeps it out.",
  );
}

/** By the rules of the start: the password is read from where the service will have it, and must be the key's. */
async function checkKeyOpens(
  { manager, place }: Wanted,
  { file, configFile }: { readonly file: string | undefined; readonly configFile: string | undefined },
  { owner, reader }: ServiceUser,
): Promise<void> {
  const user = process.getuid && owner.uid;
  const key = readKey(place.home, NODE_KEY, user);
  if (!key.encrypted) return;
  if (file === undefined && configFile === undefined) {
    throw new ServiceError(
      "service_password_missing",
      "The key needs a password, and nobody will be there to type it",
      "Write it to a file of mode 0600, and give --password-file FILE.",
    );
  }
  const password = await passwordsFrom({ file, configFile, user }, { env: {}, prompt: undefined, warn() {} }).existing(
    "",
  );
  const read = file ?? configFile;
  const inHome = read?.startsWith(place.home + sep);
  if (read !== undefined && !(file !== undefined && manager.handsOverPassword(place)))
    checkReach(read, inHome ? owner : reader, READ);
  await key.unlock(async () => password);
}
