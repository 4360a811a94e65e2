// Installs a service and takes it away again: files first looked at, then written, then the manager told.
import { ServiceError } from "./errors.ts";
import type { Place, Service, ServiceCommand, ServiceFile, ServiceManager } from "./manager.ts";

export interface CommandResult {
  readonly code: number;
  /** Of standard output and standard error. */
  readonly output: string;
}

export interface ServicePorts {
  /** undefined: there is no such program. */
  run(words: readonly string[]): Promise<CommandResult | undefined>;
  /** The text, in whichever encoding; undefined: there is no such file. */
  read(path: string): string | undefined;
  write(file: ServiceFile): void;
  remove(path: string): void;
}

export type Installed = "installed" | "unchanged";

/**
 * @param force whether another service of ours is replaced, and the same one started anew
 * @throws ServiceError service_manager_missing, service_differs, service_not_ours, service_command_failed
 */
export async function installService(
  manager: ServiceManager,
  service: Service,
  force: boolean,
  ports: ServicePorts,
): Promise<Installed> {
  const files = manager.files(service);
  await checkManagerRuns(manager, service, ports);
  const before = files.map(({ path }) => ports.read(path));
  for (const [i, { path, text }] of files.entries()) {
    const there = before[i];
    if (there === undefined || there === text) continue;
    if (!there.includes(manager.mark)) throw notOurs(path);
    if (!force) throw differs(path);
  }
  if (!force && before.every((there, i) => there === files[i]?.text)) return "unchanged";
  for (const file of files) ports.write(file);
  for (const command of manager.install(service)) await runCommand(command, ports);
  return "installed";
}

/** The files that are gone now; empty: nothing was installed. Throws ServiceError. */
export async function removeService(
  manager: ServiceManager,
  place: Place,
  ports: ServicePorts,
): Promise<readonly string[]> {
  const there = manager.paths(place).filter((path) => {
    const text = ports.read(path);
    if (text !== undefined && !text.includes(manager.mark)) throw notOurs(path);
    return text !== undefined;
  });
  if (there.length === 0) return [];
  await checkManagerRuns(manager, place, ports);
  const { before, after } = manager.remove(place);
  for (const command of before) await runCommand(command, ports);
  for (const path of there) ports.remove(path);
  for (const command of after) await runCommand(command, ports);
  return there;
}

async function checkManagerRuns(manager: ServiceManager, place: Place, ports: ServicePorts): Promise<void> {
  const question = manager.running?.(place);
  if (!question) return;
  const result = await ports.run(question.words);
  if (result && question.answer.test(result.output)) return;
  const said = result?.output.trim();
  throw new ServiceError(
    "service_manager_missing",
    `${manager.name} does not run here${said ? `: ${said}` : ""}`,
    place.system
      ? "In a container, let the container's own restart policy run fxn start. --print shows what would be written."
      : "A user's services need a login session; as root, a service of the whole machine does not. --print shows what would be written.",
  );
}

async function runCommand({ words, mayFail = false }: ServiceCommand, ports: ServicePorts): Promise<void> {
  const result = await ports.run(words);
  if (mayFail || result?.code === 0) return;
  throw new ServiceError(
    "service_command_failed",
    `${words.join(" ")} ${result ? `ended with ${result.code}` : "could not be run: there is no such program"}${result?.output ? `: ${result.output.trim()}` : ""}`,
    "fxn service logs may say why; after mending it: fxn service install --force. As it is: fxn service remove",
  );
}

function differs(path: string): ServiceError {
  return new ServiceError(
    "service_differs",
    `${path} is there already, and is another service than this`,
    "fxn service install --print shows what it would be; --force replaces it and starts the node anew.",
  );
}

function notOurs(path: string): ServiceError {
  return new ServiceError(
    "service_not_ours",
    `${path} was not written by fxn service install`,
    "It was left as it is. Move it away first.",
  );
}
