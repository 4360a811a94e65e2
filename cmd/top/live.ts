// The live view's loop: asks, draws, and ends at a key or a signal; a node that goes away is waited for.
import { type Clock, sleep } from "../../src/core/clock.ts";
import { messageOf } from "../../src/core/errors.ts";
import { EXIT, EXIT_OF_SIGNAL } from "../base.ts";
import type { SeenActivity } from "../node-activity.ts";
import { age } from "./figures.ts";
import { frame } from "./frame.ts";
import type { Look } from "./line.ts";
import { type Glass, type Keyboard, Screen } from "./screen.ts";

export interface LiveOptions {
  readonly input: Keyboard;
  readonly output: Glass;
  readonly look: Look;
  /** undefined: no node runs. */
  readonly ask: () => Promise<SeenActivity | undefined>;
  readonly first: SeenActivity;
  readonly intervalMs: number;
  readonly clock: Clock;
}

const QUIT_KEYS = new Set(["q", "Q", "\u0003", "\u0004"]);
const ESCAPE = "\u001b";
/** The rest of an arrow key comes within this. */
const ESCAPE_MS = 50;
const SUSPEND_KEY = "\u001a";

/** Resolves with the exit code; the terminal is as it was then, also when this throws. */
export async function live({ input, output, look, ask, first, intervalMs, clock }: LiveOptions): Promise<number> {
  const screen = new Screen(input, output);
  const ended = Promise.withResolvers<number>();
  // It may come while nobody waits for it.
  ended.promise.catch(() => {});
  const stop = new AbortController();
  let activity = first;
  let answeredAt = clock.monotonic();
  let fault: string | undefined;
  const quit = (code: number) => {
    stop.abort();
    ended.resolve(code);
  };
  const draw = () => {
    const since = age(clock.monotonic() - answeredAt);
    const trouble = fault === undefined ? undefined : `${fault}; what stands here is ${since} old`;
    try {
      screen.draw(frame(activity, { ...screen.size, ...look, keys: "q quits", trouble }));
    } catch (error) {
      // Also drawn when the size changes, where nobody would catch it and give the terminal back.
      stop.abort();
      ended.reject(error);
    }
  };
  const listeners = listenTo({ input, output, screen, draw, quit, clock });
  try {
    screen.enter();
    draw();
    for (;;) {
      await sleep(clock, intervalMs, stop.signal);
      const answer = await Promise.race([ended.promise, ask().catch((error: unknown) => messageOf(error))]);
      if (typeof answer === "number") return answer;
      if (answer !== undefined && typeof answer !== "string") {
        activity = answer;
        answeredAt = clock.monotonic();
        fault = undefined;
      } else {
        fault = answer ?? "no node runs here any more: waiting for it";
      }
      draw();
    }
  } finally {
    listeners.end();
    screen.leave();
  }
}

interface Listening extends Pick<LiveOptions, "input" | "output" | "clock"> {
  readonly screen: Screen;
  readonly draw: () => void;
  readonly quit: (code: number) => void;
}

function listenTo({ input, output, screen, draw, quit, clock }: Listening): { end(): void } {
  let cancelEscape = () => {};
  const onKeys = (bytes: Buffer) => {
    cancelEscape();
    const keys = bytes.toString("latin1");
    if (keys === ESCAPE) cancelEscape = clock.after(ESCAPE_MS, () => quit(EXIT.ok));
    else if (keys === SUSPEND_KEY) suspend();
    else if ([...keys].some((key) => QUIT_KEYS.has(key)) && !keys.startsWith(ESCAPE)) quit(EXIT.ok);
  };
  const suspend = () => {
    screen.leave();
    process.kill(process.pid, "SIGSTOP");
  };
  const goOn = () => {
    // One that was stopped by SIGSTOP could give nothing back, and the shell has set the terminal its own way.
    screen.leave();
    screen.enter();
    draw();
  };
  // A terminal that is gone can be told nothing more.
  const onGone = () => quit(EXIT.failed);
  const signals = Object.entries(EXIT_OF_SIGNAL).map(([name, code]) => ({ name, take: () => quit(code) }));
  input.on("data", onKeys).on("end", onGone).on("error", onGone);
  output.on("resize", draw).on("error", onGone);
  for (const { name, take } of signals) process.on(name, take);
  process.on("SIGTSTP", suspend).on("SIGCONT", goOn);
  return {
    end() {
      cancelEscape();
      input.off("data", onKeys).off("end", onGone).off("error", onGone);
      output.off("resize", draw);
      for (const { name, take } of signals) process.off(name, take);
      process.off("SIGTSTP", suspend).off("SIGCONT", goOn);
    },
  };
}
