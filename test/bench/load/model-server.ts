// The model server that every gateway of a bench has behind it.
import { LOAD_CORE, pinned } from "./cores.ts";
import { nativeTool } from "./tools.ts";

export interface ModelServer {
  readonly pid: number;
  readonly port: number;
  stop(): void;
}

export interface Streams {
  /** In each stream. */
  readonly events: number;
  readonly gapMs: number;
}

/** Also ends when this process does: it then finds the end of its standard input. */
export async function startModelServer({ events, gapMs }: Streams, cores = LOAD_CORE): Promise<ModelServer> {
  const command = [await nativeTool("model-server"), String(events), String(Math.round(gapMs * 1000))];
  const child = Bun.spawn(pinned(cores, command), { stdin: "pipe", stdout: "pipe", stderr: "inherit" });
  const { value } = await child.stdout.getReader().read();
  const port = Number(new TextDecoder().decode(value));
  if (!port) throw new Error("the bench's model server did not start");
  return { pid: child.pid, port, stop: () => child.kill() };
}
