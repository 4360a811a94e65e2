// A sandbox for programs that are not ours: bubblewrap's namespaces around it, the kernel's limits on it, or no run at all.
import { realpath } from "node:fs/promises";
import { FxnError, messageOf } from "../core/errors.ts";
import type { RunTool } from "./run-tool.ts";

export interface SandboxPolicy {
  /** Absolute, as all paths here; where the program runs, and what it may read. */
  readonly folder: string;
  readonly readable: readonly string[];
  readonly writable: readonly string[];
  /** Below /dev. */
  readonly devices: readonly string[];
  /** All that this machine reaches, its loopback too; else not even a loopback of its own that leads anywhere. */
  readonly network: boolean;
  /** Of each process, but for what processes share; of /tmp, and of /dev/shm. */
  readonly memoryBytes: number;
  /** All that a process may map: files, what it shares, what it only reserves. */
  readonly addressSpaceBytes: number | undefined;
  /** With threads. */
  readonly processes: number;
  /** Of each process, before it is ended. */
  readonly cpuSeconds: number | undefined;
  /** What none of the paths may show: the node's home. */
  readonly hidden: string;
}

export interface SandboxPorts {
  readonly runTool: RunTool;
  readonly platform: NodeJS.Platform;
  /** Whether this process is root: then the program is run as the user nobody. */
  readonly root: boolean;
}

export class SandboxError extends FxnError<"sandbox_unavailable" | "sandbox_path"> {}

/** What programs of the system need, and no more of /etc. Keys and passwords lie beside these. */
const SYSTEM = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/nix/store"];
const OF_ETC = [
  ...["ld.so.cache", "ld.so.conf", "ld.so.conf.d", "alternatives", "localtime"],
  ...["ssl/certs", "ca-certificates", "pki/tls/certs", "pki/ca-trust/extracted"],
].map((name) => `/etc/${name}`);
const FOR_NETWORK = ["/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf"];
const NOBODY = "65534";
const HINT = "install bubblewrap 0.8 or newer and util-linux, or set sandbox.mode to off for a program that you trust";

export const SANDBOX_ENV = {
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  LANG: "C.UTF-8",
  HOME: "/tmp",
  USER: "runner",
  LOGNAME: "runner",
} as const;

/**
 * The words that run `command` in a sandbox, which has been tried with `true`. The environment is what they are started
 * with. When the process that was started ends, however it ends, nothing of the sandbox is left. Throws SandboxError.
 */
export async function sandboxed(
  command: readonly string[],
  policy: SandboxPolicy,
  { runTool, platform, root }: SandboxPorts,
): Promise<string[]> {
  if (platform !== "linux") throw unavailable("there is none on this system, only on Linux");
  await refuseHome(policy);
  const [first = "", ...rest] = [...outside(root), "bwrap", ...namespaces(policy), "--", ...limits(policy)];
  const tool = { name: first, alsoIn: ["/usr/bin", "/bin"], timeoutMs: 10_000, maxBytes: 64 * 1024 };
  try {
    const trial = await runTool(tool, [...rest, "true"]);
    if (!trial) throw unavailable(`${first} is missing`);
    if (trial.exitCode !== 0) throw unavailable(trial.stderr.trim() || `the trial ended with ${trial.exitCode}`);
  } catch (error) {
    throw error instanceof SandboxError ? error : unavailable(messageOf(error));
  }
  return [first, ...rest, ...command];
}

/** The last in line for the processor, and the first to go when memory is short. */
function outside(root: boolean): string[] {
  // As root it would own root's files, and no limit on processes would hold.
  const drop = ["setpriv", `--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"];
  return ["nice", "-n", "10", "choom", "-n", "1000", "--", ...(root ? drop : [])];
}

function namespaces(policy: SandboxPolicy): string[] {
  const { folder, readable, writable, devices, network, memoryBytes } = policy;
  const size = String(memoryBytes);
  const shown = [...SYSTEM, ...OF_ETC, ...(network ? FOR_NETWORK : [])];
  return [
    ...["--unshare-user", "--disable-userns", "--uid", NOBODY, "--gid", NOBODY],
    ...["--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try", "--hostname", "runner"],
    ...(network ? [] : ["--unshare-net"]),
    ...["--cap-drop", "ALL", "--new-session", "--die-with-parent"],
    ...shown.flatMap((path) => ["--ro-bind-try", path, path]),
    ...["--proc", "/proc", "--dev", "/dev", "--size", size, "--tmpfs", "/dev/shm", "--size", size, "--tmpfs", "/tmp"],
    ...devices.flatMap((path) => ["--dev-bind", path, path]),
    ...[...readable, folder].flatMap((path) => ["--ro-bind", path, path]),
    ...writable.flatMap((path) => ["--bind", path, path]),
    ...["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", folder],
  ];
}

/** Set inside, so that what is inside is counted. */
function limits({ memoryBytes, addressSpaceBytes, processes, cpuSeconds }: SandboxPolicy): string[] {
  return [
    ...["prlimit", "--core=0", `--data=${memoryBytes}`, `--nproc=${processes}`],
    ...(addressSpaceBytes === undefined ? [] : [`--as=${addressSpaceBytes}`]),
    ...(cpuSeconds === undefined ? [] : [`--cpu=${cpuSeconds}`]),
    "--",
  ];
}

async function refuseHome({ folder, readable, writable, hidden, devices }: SandboxPolicy): Promise<void> {
  const home = await realpath(hidden);
  for (const path of [folder, ...readable, ...writable, ...devices]) {
    const real = await realpath(path).catch((cause: unknown) => {
      throw new SandboxError("sandbox_path", 500, `${path} cannot be given to a sandbox: ${messageOf(cause)}`, {
        cause,
      });
    });
    if (home === real || home.startsWith(real === "/" ? real : `${real}/`)) {
      throw new SandboxError("sandbox_path", 500, `${path} would show the node's home, and its key, to the sandbox`, {
        hint: "Keep what it needs in a folder of its own.",
      });
    }
  }
  const stray = devices.find((path) => !/^\/dev\/(?!.*\.\.)/.test(path));
  if (stray !== undefined) throw new SandboxError("sandbox_path", 500, `${stray} is no device: those are below /dev`);
}

function unavailable(why: string): SandboxError {
  return new SandboxError("sandbox_unavailable", 500, `no sandbox: ${why}`, { hint: HINT });
}
