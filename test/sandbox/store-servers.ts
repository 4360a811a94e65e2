// Real Redis and Postgres servers on free ports of this machine, with data of their own; they can be made to fail.
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface StoreServer {
  readonly url: string;
  /** Stops answering, its connections stay open. */
  pause(): void;
  resume(): void;
  /** Ends at once, as a crash does. */
  kill(): Promise<void>;
  /** On the same port and data. */
  start(): Promise<void>;
  /** Ends, and its data with it. */
  remove(): Promise<void>;
}

export interface StoreServerKind {
  readonly name: "redis" | "postgres";
  /** Why it cannot be run here; undefined when it can. */
  readonly missing: string | undefined;
  /** @param settings further words of the command line */
  open(settings?: readonly string[]): Promise<StoreServer>;
}

const START_LIMIT_MS = 30_000;
const PAUSE_LIMIT_MS = 2000;
const PASSWORD = "store-canary-9f2c";

/** In PATH, or where Debian keeps Postgres's. */
function find(program: string): string | undefined {
  const debian = "/usr/lib/postgresql";
  const versions = existsSync(debian) ? readdirSync(debian).sort().reverse() : [];
  const found = versions.map((version) => join(debian, version, "bin", program)).find((path) => existsSync(path));
  return Bun.which(program) ?? found;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}

interface Plan {
  readonly port: number;
  readonly folder: string;
  readonly url: string;
  readonly command: readonly string[];
  /** Whether it takes commands. */
  answers(): Promise<boolean>;
}

async function run({ folder, url, command, answers }: Plan): Promise<StoreServer> {
  let child: Bun.Subprocess | undefined;
  const all = (signal: "STOP" | "CONT" | "KILL") => {
    if (child && child.exitCode === null) Bun.spawnSync(["kill", `-${signal}`, ...family(child.pid)]);
  };
  const server: StoreServer = {
    url,
    pause() {
      const end = performance.now() + PAUSE_LIMIT_MS;
      // A process that runs on another core stops a moment later, and may have answered meanwhile or begun another.
      do all("STOP");
      while (child && !stopped(family(child.pid)) && performance.now() < end);
    },
    resume: () => all("CONT"),
    async kill() {
      all("KILL");
      await child?.exited;
    },
    async start() {
      child = Bun.spawn([...command], { stdin: "ignore", stdout: "ignore", stderr: "ignore" });
      const end = performance.now() + START_LIMIT_MS;
      while (!(await answers())) {
        if (performance.now() > end) throw new Error(`${command.join(" ")} does not answer`);
        await Bun.sleep(50);
      }
    },
    async remove() {
      await server.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await server.start();
  return server;
}

/** A process and its children: Postgres has one for each connection. */
function family(pid: number): string[] {
  const children = Bun.spawnSync(["pgrep", "-P", String(pid)])
    .stdout.toString()
    .split("\n")
    .filter(Boolean);
  return [String(pid), ...children];
}

function stopped(pids: readonly string[]): boolean {
  const states = Bun.spawnSync(["ps", "-o", "stat=", "-p", pids.join(",")]).stdout.toString();
  return states
    .split("\n")
    .filter(Boolean)
    .every((state) => /^[TZ]/.test(state));
}

const redisProgram = find("redis-server") ?? find("valkey-server");

export const redisServer: StoreServerKind = {
  name: "redis",
  missing: redisProgram ? undefined : "redis-server is not installed",
  async open(more = []) {
    const port = await freePort();
    const folder = mkdtempSync(join(tmpdir(), "fxn-redis-"));
    const url = `redis://:${PASSWORD}@127.0.0.1:${port}`;
    const options = { bind: "127.0.0.1", port, dir: folder, save: "", appendonly: "yes", requirepass: PASSWORD };
    const words = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
    return run({
      port,
      folder,
      url,
      command: [redisProgram ?? "redis-server", ...words, ...more],
      async answers() {
        const client = new Bun.RedisClient(url, { autoReconnect: false, connectionTimeout: 1000 });
        return client
          .send("PING", [])
          .then(() => true)
          .catch(() => false)
          .finally(() => client.close());
      },
    });
  },
};

const postgresProgram = find("postgres");
const initdb = find("initdb");

export const postgresServer: StoreServerKind = {
  name: "postgres",
  missing: postgresProgram && initdb ? undefined : "postgres is not installed",
  async open(more = []) {
    const port = await freePort();
    const folder = mkdtempSync(join(tmpdir(), "fxn-postgres-"));
    const as = asPostgres(folder);
    const data = join(folder, "data");
    const word = join(folder, "password");
    await Bun.write(word, PASSWORD);
    const made = Bun.spawnSync([
      ...as,
      ...[initdb ?? "initdb", "-D", data, "-U", "fxn", "-A", "scram-sha-256", "-N", "--no-locale"],
      ...["-E", "UTF8", `--pwfile=${word}`],
    ]);
    if (made.exitCode !== 0) throw new Error(`initdb: ${made.stderr}`);
    const url = `postgres://fxn:${PASSWORD}@127.0.0.1:${port}/postgres`;
    const settings = [
      `port=${port}`,
      "listen_addresses=127.0.0.1",
      `unix_socket_directories=${folder}`,
      "restart_after_crash=on",
    ];
    return run({
      port,
      folder,
      url,
      command: [...as, postgresProgram ?? "postgres", "-D", data, ...settings.flatMap((text) => ["-c", text]), ...more],
      async answers() {
        const sql = new Bun.SQL(url, { max: 1, connectionTimeout: 1 });
        return sql
          .unsafe("SELECT 1")
          .then(() => true)
          .catch(() => false)
          .finally(() => sql.close({ timeout: 0 }));
      },
    });
  },
};

/** Postgres refuses to run as root: there it is run as Debian's user for it. */
function asPostgres(folder: string): string[] {
  if (process.getuid?.() !== 0) return [];
  const id = (flag: string) => Number(Bun.spawnSync(["id", flag, "postgres"]).stdout.toString());
  chownSync(folder, id("-u"), id("-g"));
  return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"];
}
