// Anvil's native binary as a child process on a loopback port: started, frozen, thawed, stopped, started again.
import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const NPM_ARCH: Readonly<Record<string, string>> = { x64: "amd64", arm64: "arm64" };
const READY_MS = 15_000;
const SILENT_MS = 50;

export class Anvil {
  readonly #chainId: number;
  readonly #stateFile = join(tmpdir(), `fxn-anvil-${process.pid}-${crypto.randomUUID()}.json`);
  #port: number;
  #child: Bun.Subprocess<"ignore", "pipe", "ignore"> | undefined;

  /** @param port 0 takes a free one */
  constructor(port: number, chainId: number) {
    this.#port = port;
    this.#chainId = chainId;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Resolves when it answers; a second start has the port and the state of the first. */
  async start(): Promise<void> {
    const args = ["--host", "127.0.0.1", "--port", String(this.#port), "--chain-id", String(this.#chainId)];
    const child = Bun.spawn([binary(), ...args, "--auto-impersonate", "--state", this.#stateFile], {
      stdin: "ignore",
      stdout: "pipe",
      stderr: "ignore",
    });
    this.#child = child;
    endWithUs(child);
    this.#port = await listeningPort(child);
  }

  /** It keeps its sockets open and answers nothing, as a server that hangs. Resolves when that is so. */
  async freeze(): Promise<void> {
    this.#child?.kill("SIGSTOP");
    const answers = () => fetch(this.url, { signal: AbortSignal.timeout(SILENT_MS) }).then(Boolean, () => false);
    while (await answers());
  }

  thaw(): void {
    this.#child?.kill("SIGCONT");
  }

  /** Its state is written first. */
  async stop(): Promise<void> {
    this.thaw();
    this.#child?.kill("SIGTERM");
    await this.#child?.exited;
    this.#child = undefined;
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.#stateFile, { force: true });
  }
}

/** However this process dies: its end of the pipe closes then, and the shell that waits for that ends anvil. */
function endWithUs(child: Bun.Subprocess): void {
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  void child.exited.then(() => process.off("exit", kill));
  if (process.platform === "win32") return;
  const guard = Bun.spawn(["sh", "-c", `read -r _; kill -9 ${child.pid}`], { stdin: "pipe", stderr: "ignore" });
  guard.unref();
  void child.exited.then(() => guard.kill("SIGKILL"));
}

/** The platform's package is used directly: anvil's own npm launcher would stay between us and the process. */
function binary(): string {
  const launcher = require.resolve("@foundry-rs/anvil/package.json");
  const file = process.platform === "win32" ? "anvil.exe" : "anvil";
  return Bun.resolveSync(
    `@foundry-rs/anvil-${process.platform}-${NPM_ARCH[process.arch]}/bin/${file}`,
    dirname(launcher),
  );
}

async function listeningPort(child: Bun.Subprocess<"ignore", "pipe", "ignore">): Promise<number> {
  const late = setTimeout(() => child.kill("SIGKILL"), READY_MS);
  const reader = child.stdout.getReader();
  const decoder = new TextDecoder();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) throw new Error(`anvil ended before it listened: ${text}`);
    text += decoder.decode(value, { stream: true });
    const port = /Listening on 127\.0\.0\.1:(\d+)/.exec(text)?.[1];
    if (!port) continue;
    clearTimeout(late);
    // A full pipe would stop anvil.
    void (async () => {
      while (!(await reader.read()).done);
    })();
    return Number(port);
  }
}
