// fxn top: what the running node does, live on a whole terminal.
import { ReadStream, WriteStream } from "node:tty";
import { Command, Option, UsageError } from "clipanion";
import { systemClock } from "../src/core/clock.ts";
import { parseDuration } from "../src/core/duration.ts";
import { FxnError } from "../src/core/errors.ts";
import { askControl } from "../src/lib/control-socket.ts";
import { EXIT, FxnCommand } from "./base.ts";
import { askActivity } from "./node-activity.ts";
import { frame } from "./top/frame.ts";
import type { Look } from "./top/line.ts";
import { live } from "./top/live.ts";

class TopError extends FxnError<"no_terminal" | "not_running"> {}

/** The node itself tells nothing new sooner. */
const LEAST_MS = 1000;
const MOST_MS = 3_600_000;
/** Of a pipe or a file. */
const USUAL_COLUMNS = 80;
/** One frame that is printed has room for all there is. */
const ALL_ROWS = 1000;

export class TopCommand extends FxnCommand {
  static override paths = [["top"]];
  static override usage = Command.Usage({
    category: "Operating",
    description: "watch what the running node does, live",
    details: `
      Requests by the class of their answers, tokens, first tokens, what is under way and what waits, model servers, GPUs,
      registries, networks, the last challenges and today's earnings of the node on this home. It fits 80 by 24 and any
      other size; what there is no room for is counted. Ends at q, Escape or Ctrl-C. A node that goes away is waited for.
      NO_COLOR=1 leaves colours out. The little charts show the last minutes, five seconds a column.
    `,
    examples: [
      ["Watch", "fxn top"],
      ["One picture for a file or a mail", "fxn top --once"],
      ["All of it for a script", "fxn top --json"],
    ],
  });

  once = Option.Boolean("--once", false, { description: "Print one frame, without control codes" });
  interval = Option.String("--interval", "1s", { description: "How often to ask, 1s to 1h" });
  json = Option.Boolean("--json", false, { description: "For a machine: all that the node tells, once" });

  protected async run(): Promise<number> {
    const intervalMs = parseDuration(this.interval) ?? 0;
    if (intervalMs < LEAST_MS || intervalMs > MOST_MS) {
      throw new UsageError(`--interval: "${this.interval}" is no time from 1s to 1h`);
    }
    const home = this.homeDir();
    if (this.json) return this.#printAll(home);
    const terminal = this.once ? undefined : this.#terminal();
    const first = (await askActivity(home)) ?? notRunning(home);
    const look = lookOf(this.context.env);
    if (terminal)
      return live({ ...terminal, look, first, intervalMs, ask: () => askActivity(home), clock: systemClock });
    const { stdout } = this.context;
    const columns = isScreen(stdout) ? stdout.columns : USUAL_COLUMNS;
    const view = { ...look, color: false, columns, rows: ALL_ROWS, keys: "", trouble: undefined };
    for (const line of frame(first, view)) this.print(line);
    return EXIT.ok;
  }

  async #printAll(home: string): Promise<number> {
    const answer = await askControl(home, "GET", "/activity");
    this.printJson(answer?.json ?? { schema: 1, running: false, home });
    return answer ? EXIT.ok : EXIT.failed;
  }

  /** Throws TopError where there is none that could be drawn on. */
  #terminal(): { input: ReadStream; output: WriteStream } {
    const { stdin: input, stdout: output, env } = this.context;
    const drawable = process.platform === "win32" || (env.TERM ?? "dumb") !== "dumb";
    if (isTerminal(input) && isScreen(output) && drawable) return { input, output };
    throw new TopError("no_terminal", 400, "fxn top draws on a whole terminal, and there is none here", {
      hint: "One frame as plain text: fxn top --once. For a script: fxn top --json.",
    });
  }
}

/** Here a pipe may be of the same class. */
function isTerminal(input: unknown): input is ReadStream {
  return input instanceof ReadStream && input.isTTY;
}

function isScreen(output: unknown): output is WriteStream {
  return output instanceof WriteStream && output.isTTY;
}

function notRunning(home: string): never {
  throw new TopError("not_running", 409, `no node runs on ${home}`, { hint: "Start it with: fxn start" });
}

function lookOf(env: Readonly<Record<string, string | undefined>>): Look {
  const charset = env.LC_ALL || env.LC_CTYPE || env.LANG || "";
  return { color: !env.NO_COLOR, asciiOnly: process.platform !== "win32" && !/utf-?8/i.test(charset) };
}
