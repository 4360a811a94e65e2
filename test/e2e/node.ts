// Runs the compiled binary as an operator would: a home with config files, `fxn start`, signals, and its whole log.
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";

export const BINARY = join(import.meta.dir, "..", "..", "dist", process.platform === "win32" ? "fxn.exe" : "fxn");

const READY_LIMIT_MS = 20_000;
/** Of a process that is gone. Bun now and then does not hear that a killed one's output has ended. */
const OUTPUT_END_MS = 2000;
/** When JavaScriptCore optimizes: build/test.ts lets it wait, since most of these processes end before it pays. */
const OPTIMIZE = process.env.BUN_JSC_thresholdForOptimizeAfterWarmUp;
/** What a child sees of this environment: nothing that would let a test depend on the machine. */
export const BARE_ENV = {
  PATH: process.env.PATH ?? "",
  HOME: "/nonexistent",
  LANG: "C.UTF-8",
  TMPDIR: tmpdir(),
  CUDA_VISIBLE_DEVICES: "",
  VK_ICD_FILENAMES: "/nonexistent",
  ...(OPTIMIZE === undefined ? {} : { BUN_JSC_thresholdForOptimizeAfterWarmUp: OPTIMIZE }),
};

export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Record<string, string>;
  readonly cwd?: string;
  readonly stdin?: string;
  /** Another file than dist/fxn. */
  readonly binary?: string;
}

/** One command to its end. */
export async function fxn(args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  const { binary = BINARY } = options;
  if (!existsSync(binary)) throw new Error(`${binary} is missing: npm run build`);
  const child = Bun.spawn([binary, ...args], {
    env: { ...BARE_ENV, ...options.env },
    cwd: options.cwd ?? tmpdir(),
    stdin: options.stdin === undefined ? "ignore" : new TextEncoder().encode(options.stdin),
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { code, stdout, stderr };
}

export function makeHome(): string {
  const home = mkdtempSync(join(tmpdir(), "fxn-home-"));
  return home;
}

/** The Go node's plaintext key form; throw-away keys only. */
export function writeGoKey(
  home: string,
  key: { privateKey: string; publicKeyUncompressed: string; address: string },
): void {
  const text = { public_key: key.publicKeyUncompressed, address: key.address, private_key: key.privateKey };
  writeFileSync(join(home, "nodekey.json"), JSON.stringify(text), { mode: 0o600 });
}

export function writeConfig(home: string, config: unknown, models?: unknown): void {
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, "config.yaml"), stringify(config));
  if (models !== undefined) writeFileSync(join(home, "model_backend.yaml"), stringify(models), { mode: 0o600 });
}

export interface RunningNode {
  readonly home: string;
  readonly pid: number;
  readonly url: string;
  readonly admin: string;
  /** Everything it wrote to standard output and error so far. */
  log(): string;
  /** Resolves with the first log line whose message is this. */
  logged(message: string, limitMs?: number): Promise<Record<string, unknown>>;
  ready(limitMs?: number): Promise<void>;
  signal(name: NodeJS.Signals): void;
  /** SIGTERM, then its exit code. */
  stop(): Promise<number>;
  /** SIGKILL. */
  kill(): Promise<void>;
  readonly exited: Promise<number>;
}

const running = new Set<RunningNode>();

/** For a home whose configuration names no ports: others may use the usual ones. */
export const ANY_PORTS = { FXN_ADMIN_LISTEN: "127.0.0.1:0", FXN_NODE_LISTEN_PORT: "0" };

/** Ends what a failed test left running; call it in afterAll. */
export async function killAll(): Promise<void> {
  await Promise.all([...running].map((node) => node.kill()));
}

/** `fxn start --home <home>` with JSON logs, or another command that is the same; resolves when it listens. */
export async function startNode(
  home: string,
  options: RunOptions & { args?: readonly string[]; command?: readonly string[] } = {},
): Promise<RunningNode> {
  const { binary = BINARY } = options;
  if (!existsSync(binary)) throw new Error(`${binary} is missing: npm run build`);
  const child = Bun.spawn([binary, ...(options.command ?? ["start"]), "--home", home, ...(options.args ?? [])], {
    env: { ...BARE_ENV, ...options.env },
    cwd: options.cwd ?? tmpdir(),
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  let log = "";
  const watchers = new Set<() => void>();
  const gather = async (stream: ReadableStream<Uint8Array>) => {
    const decoder = new TextDecoder();
    for await (const chunk of stream) {
      log += decoder.decode(chunk, { stream: true });
      for (const watch of watchers) watch();
    }
  };
  const gathered = Promise.all([gather(child.stdout), gather(child.stderr)]);
  const exited = child.exited.then(async (code) => {
    await Promise.race([gathered, Bun.sleep(OUTPUT_END_MS)]);
    for (const watch of watchers) watch();
    return code;
  });

  function find(message: string): Record<string, unknown> | undefined {
    for (const line of log.split("\n")) {
      if (!line.startsWith("{")) continue;
      const entry: Record<string, unknown> = JSON.parse(line);
      if (entry.msg === message) return entry;
    }
    return undefined;
  }

  function logged(message: string, limitMs = READY_LIMIT_MS): Promise<Record<string, unknown>> {
    return new Promise((resolve, reject) => {
      const end = (act: () => void) => {
        clearTimeout(timer);
        watchers.delete(look);
        act();
      };
      const look = () => {
        const entry = find(message);
        if (entry) end(() => resolve(entry));
        else if (child.exitCode !== null || child.signalCode !== null) {
          end(() =>
            reject(new Error(`fxn ended with ${child.exitCode ?? child.signalCode} before "${message}":\n${log}`)),
          );
        }
      };
      const timer = setTimeout(
        () => end(() => reject(new Error(`no "${message}" within ${limitMs} ms:\n${log}`))),
        limitMs,
      );
      watchers.add(look);
      look();
    });
  }

  const listening = await logged("listening").catch((error) => {
    child.kill("SIGKILL");
    throw error;
  });
  const node: RunningNode = {
    home,
    pid: child.pid,
    url: `http://127.0.0.1:${listening.port}`,
    admin: `http://127.0.0.1:${listening.adminPort}`,
    log: () => log,
    logged,
    async ready(limitMs = READY_LIMIT_MS) {
      const end = performance.now() + limitMs;
      let reason = "";
      while (performance.now() < end) {
        const answer = await fetch(`${node.admin}/ready`);
        if (answer.ok) return;
        reason = await answer.text();
        await Bun.sleep(25);
      }
      throw new Error(`not ready within ${limitMs} ms: ${reason}\n${log}`);
    },
    signal: (name) => child.kill(name),
    async stop() {
      child.kill("SIGTERM");
      running.delete(node);
      return exited;
    },
    async kill() {
      child.kill("SIGKILL");
      running.delete(node);
      await exited;
    },
    exited,
  };
  running.add(node);
  return node;
}

export function removeHome(home: string): void {
  rmSync(home, { recursive: true, force: true });
}
