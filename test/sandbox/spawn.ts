// Starts the test model server as a process of its own, and ends it.
import { join } from "node:path";
import { z } from "zod";

const READY_MS = 30_000;
const ready = z.object({ url: z.string(), models: z.array(z.string()) });

export interface ModelServer {
  readonly url: string;
  readonly models: readonly string[];
  readonly pid: number;
  /** Resolves when the process is gone. */
  stop(): Promise<void>;
}

export interface ModelServerOptions {
  /** Where the model file is kept; it may be shared and reused. */
  readonly cacheDir: string;
  /** Default: a free one. */
  readonly port?: number;
  /** Milliseconds before each token, as a larger model would need; default 0. */
  readonly paceMs?: number;
}

/** Resolves when it serves; throws with its standard error when it does not within 30 s. */
export async function startModelServer({ cacheDir, port = 0, paceMs = 0 }: ModelServerOptions): Promise<ModelServer> {
  const script = join(import.meta.dir, "model-server.ts");
  const args = ["--cache-dir", cacheDir, "--port", String(port), "--pace", String(paceMs), "--with-parent"];
  const child = Bun.spawn([process.execPath, script, ...args], {
    // Ends with this process, however that dies: the server reads it until the end.
    stdin: "pipe",
    stdout: "pipe",
    stderr: "pipe",
  });
  const errors = new Response(child.stderr).text();
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  const stop = async () => {
    process.off("exit", kill);
    kill();
    await child.exited;
  };
  const patience = setTimeout(kill, READY_MS);
  const line = await firstLine(child.stdout);
  clearTimeout(patience);
  if (!line) {
    await stop();
    throw new Error(`the test model server did not start:\n${await errors}`);
  }
  return { ...ready.parse(JSON.parse(line)), pid: child.pid, stop };
}

/** `undefined` when the stream ended before. */
async function firstLine(stream: ReadableStream<Uint8Array>): Promise<string | undefined> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const bytes of stream) {
    text += decoder.decode(bytes, { stream: true });
    const end = text.indexOf("\n");
    if (end >= 0) return text.slice(0, end);
  }
  return undefined;
}
