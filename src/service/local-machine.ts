// This machine for the installer: its files, its users, and other programs run by their names with this environment.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname } from "node:path";
import { messageOf } from "../core/errors.ts";
import { ServiceError } from "./errors.ts";
import type { Machine } from "./examine.ts";
import type { ServicePorts } from "./install.ts";
import type { ServiceFile } from "./manager.ts";

/** What reads and writes GPUs on Linux, as distributions name it. */
const GPU_GROUPS = ["render", "video"];
const TEMPORARY = ["/tmp", "/var/tmp", "/dev/shm"];
const GROUPS_FILE = "/etc/group";
const UTF16_MARK = "\ufeff";

type Environment = Readonly<Record<string, string | undefined>>;

export function localPorts(env: Environment): ServicePorts {
  return {
    run: (words) => runProgram(words, env),
    read: (path) => (existsSync(path) ? decode(attempt(path, () => readFileSync(path))) : undefined),
    write: (file) =>
      attempt(file.path, () => {
        mkdirSync(dirname(file.path), { recursive: true });
        // It names paths and holds no secret: service managers and other users may read it.
        writeFileSync(file.path, encode(file), { mode: 0o644 });
      }),
    remove: (path) => attempt(path, () => rmSync(path)),
  };
}

export function localMachine(env: Environment): Machine {
  const id = async (...args: string[]) => {
    const result = await runProgram(["id", ...args], env);
    return result?.code === 0 ? result.output.trim() : undefined;
  };
  return {
    users: {
      async byName(name) {
        const [uid, gids] = [await id("-u", name), await id("-G", name)];
        return uid === undefined ? undefined : { uid: Number(uid), gids: (gids ?? "").split(" ").map(Number) };
      },
      nameOf: async (uid) =>
        process.platform === "win32" ? `${env.USERDOMAIN}\\${env.USERNAME}` : id("-un", String(uid)),
    },
    groups: existsSync(GROUPS_FILE) ? groupsIn(readFileSync(GROUPS_FILE, "utf8")) : [],
    temporary: [...TEMPORARY, tmpdir()].filter((folder) => existsSync(folder)).map((folder) => realpathSync(folder)),
  };
}

function groupsIn(text: string): string[] {
  const names = text.split("\n").map((line) => line.split(":")[0]);
  return GPU_GROUPS.filter((name) => names.includes(name));
}

/** undefined: there is no such program. */
function runProgram([program = "", ...args]: readonly string[], env: Environment): ReturnType<ServicePorts["run"]> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env, stdio: ["ignore", "pipe", "pipe"], windowsHide: true });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8");
      stream.on("data", (text: string) => {
        output += text;
      });
    }
    child.on("error", (error: NodeJS.ErrnoException) => (error.code === "ENOENT" ? resolve(undefined) : reject(error)));
    child.on("close", (code) => resolve({ code: code ?? 1, output }));
  });
}

function encode({ text, encoding }: ServiceFile): Buffer {
  return Buffer.from(encoding === "utf16le" ? UTF16_MARK + text : text, encoding);
}

function decode(bytes: Buffer): string {
  const marked = bytes[0] === 0xff && bytes[1] === 0xfe;
  return marked ? bytes.toString("utf16le", 2) : bytes.toString("utf8");
}

function attempt<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new ServiceError("service_file", `${path}: ${messageOf(error)}`, "Is this user allowed to change it?", error);
  }
}
