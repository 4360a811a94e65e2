// fxn top on a real terminal: what it shows of real traffic, other sizes of the screen, and how it ends.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync, rmSync } from "node:fs";
import { z } from "zod";
import { recordedNvidiaSmi } from "../fakes/gpu-machine.ts";
import { healthy, stream } from "../fakes/model-server.ts";
import { terminalPicture } from "../fakes/terminal-picture.ts";
import { BARE_ENV, BINARY, fxn } from "./node.ts";
import { until } from "./until.ts";
import { CHAT, chatBody, openWorld, type World } from "./world.ts";

const missing = Bun.which("tmux") === null ? " (skipped: tmux is not installed)" : "";
const PROMPT = "shell>";

/** A shell in a terminal of its own; `size` is columns and rows. */
class Terminal {
  readonly #socket = `fxn-top-${process.pid}-${crypto.randomUUID().slice(0, 8)}`;

  constructor(columns = 80, rows = 24, env: Record<string, string> = {}) {
    const shell = [
      "env",
      "-i",
      ...Object.entries({ ...BARE_ENV, TERM: "screen", PS1: PROMPT, ...env }).map((pair) => pair.join("=")),
    ];
    this.#tmux("-f", "/dev/null", "new-session", "-d", "-x", `${columns}`, "-y", `${rows}`, ...shell, "sh");
    this.#tmux("set-option", "-g", "window-size", "manual");
  }

  type(command: string): void {
    this.#tmux("send-keys", "-l", command);
    this.#tmux("send-keys", "Enter");
  }

  key(...names: string[]): void {
    this.#tmux("send-keys", ...names);
  }

  resize(columns: number, rows: number): void {
    this.#tmux("resize-window", "-x", `${columns}`, "-y", `${rows}`);
  }

  /** With escape codes for colours, if wanted. */
  screen(colors = false): string {
    return this.#tmux("capture-pane", "-p", ...(colors ? ["-e"] : []));
  }

  /** Facts of tmux's own: "cursor_flag", "alternate_on", "wrap_flag". */
  is(flag: string): boolean {
    return this.#tmux("display-message", "-p", `#{${flag}}`).trim() === "1";
  }

  async shows(text: string | RegExp, limitMs = 20_000): Promise<string> {
    try {
      await until(() => (typeof text === "string" ? this.screen().includes(text) : text.test(this.screen())), limitMs);
    } catch {
      throw new Error(`${text} is not on the screen:\n${this.screen()}`);
    }
    return this.screen();
  }

  /** Of what runs in its foreground. */
  get foreground(): number {
    const shell = this.#tmux("display-message", "-p", "#{pane_pid}").trim();
    return Number(readFileSync(`/proc/${shell}/task/${shell}/children`, "utf8").trim());
  }

  close(): void {
    this.#tmux("kill-server");
  }

  #tmux(...words: string[]): string {
    const { stdout, stderr, exitCode } = Bun.spawnSync(["tmux", "-u", "-L", this.#socket, ...words], { env: BARE_ENV });
    if (exitCode !== 0) throw new Error(`tmux ${words.join(" ")}: ${stderr}`);
    return stdout.toString();
  }
}

let world: World;
beforeAll(async () => {
  world = await openWorld({
    config: { server: { workers: 2 } },
    // One at a time: the others wait.
    models: (url) => ({ models: [{ id: "tiny", backends: [{ url, maxConcurrent: 1 }] }] }),
    run: { env: { PATH: `${recordedNvidiaSmi()}:${BARE_ENV.PATH}` } },
  });
  world.model.behave = (received, response) =>
    (received.method === "GET" ? healthy : stream({ tokens: 30, everyMs: 20 }))(received, response);
});
afterAll(() => world.close());

/** Callers and a scheduler until the signal aborts. */
async function traffic(signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const asked = [
      world.send(CHAT, chatBody({ stream: true })),
      world.send(CHAT, chatBody({ stream: true }), { as: "stranger" }),
      world.send("/challenge", { type: "IDENTITY", payload: {} }, { as: "scheduler" }),
      world.send("/challenge", { type: "ENDPOINT_REACHABLE", payload: 5 }, { as: "scheduler" }),
    ];
    await Promise.all(asked.map((answer) => answer.then((response) => response.text()).catch(() => "")));
  }
}

const linesOf = (screen: string) => screen.trimEnd().split("\n");

describe.skipIf(missing !== "")(`fxn top in tmux${missing}`, () => {
  const start = `${BINARY} top --home `;
  /** The shell is there again, typed words are shown, and the screen is the usual one. */
  async function isGivenBack(terminal: Terminal, code: number): Promise<void> {
    await until(() => !terminal.is("alternate_on"));
    await until(() => terminal.screen().trimEnd().endsWith(PROMPT));
    terminal.type(
      'echo "code $?"; stty -a | tr " ;" "\\n\\n" | grep -x -e "-\\{0,1\\}icanon" -e "-\\{0,1\\}echo" -e "-\\{0,1\\}isig"',
    );
    const screen = await terminal.shows(new RegExp(`code ${code}\\n(?:isig\\n|icanon\\n|echo\\n){3}`));
    expect(screen).not.toContain("model server");
    expect([terminal.is("alternate_on"), terminal.is("cursor_flag"), terminal.is("wrap_flag")]).toEqual([
      false,
      true,
      true,
    ]);
  }

  test("live terminal view: requests, streams, queue, tokens/s, GPUs, registries, challenges; works at 80×24, resizes, quits clean", async () => {
    const stop = new AbortController();
    const sending = Promise.all([traffic(stop.signal), traffic(stop.signal)]);
    const terminal = new Terminal();
    try {
      terminal.type(start + world.home);
      await terminal.shows(/^fxn \S+ +ready +up .*q quits$/m);
      await terminal.shows(/^requests +\d\S*\/s {2}2xx [1-9\d]\S* {2}4xx [1-9\d]\S* {2}5xx 0 .*[▁-█]$/m);
      await terminal.shows(/^tokens out +[1-9]\S*\/s .*[▁-█]$/m);
      await terminal.shows(/^tokens in +[1-9]\S*\/s /m);
      await terminal.shows(/^first token +p50 \S+ m?s {2}p95 \S+ m?s/m);
      await terminal.shows(/^under way +1 {2}1 stream {2}waiting 1/m);
      await terminal.shows(/^model server up {2}http:\/\/127\.0\.0\.1:\d+ {2}\d+ under way {2}tiny$/m);
      await terminal.shows(/^GPU +0 NVIDIA H100 .* GiB +31°C 119\/700 W$/m);
      await terminal.shows(/^registries +gateways 1, \d+s ago {2}schedulers 1, /m);
      await terminal.shows(/^earned today -$/m);
      await terminal.shows(/\d+s ago +ok +IDENTITY +\d+ ms$/m);
      await terminal.shows(/\d+s ago +refused +ENDPOINT_REACHABLE +\d+ ms +payload: /m);
      for (const [columns, rows] of [
        [60, 15],
        [40, 10],
        [120, 40],
        [80, 24],
      ] as const) {
        terminal.resize(columns, rows);
        // More room shows more of what there is; less of it counts what it leaves out.
        const full = columns === 120 ? /^fxn .* 0x[0-9a-fA-F]{40} .*q quits$/m : /\(\d+ more\)$/m;
        await terminal.shows(full);
        // Until it is drawn anew the terminal shows what it makes of the former screen.
        const labels = ["fxn ", "requests", "under way", "model server", "challenges"];
        const isWhole = (lines: readonly string[]) =>
          labels.every((label) => lines.filter((line) => line.startsWith(label)).length === 1);
        await until(() => isWhole(linesOf(terminal.screen())));
        const lines = linesOf(terminal.screen());
        expect(lines[0]).toStartWith("fxn ");
        expect(lines.length).toBe(columns === 120 ? lines.length : rows);
      }
      terminal.key("q");
      await isGivenBack(terminal, 0);
    } finally {
      stop.abort();
      await sending;
      terminal.close();
    }
  });

  test.skipIf(!process.env.FXN_TEST_PICTURES)(
    "its picture for README, of two minutes of traffic (only with FXN_TEST_PICTURES)",
    async () => {
      const tools = recordedNvidiaSmi();
      const shown = await openWorld({
        config: { server: { workers: 2 } },
        models: (url) => ({ models: [{ id: "llama-3.1-8b", backends: [{ url }] }] }),
        run: { env: { PATH: `${tools}:${BARE_ENV.PATH}` } },
      });
      shown.model.behave = (received, response) =>
        (received.method === "GET" ? healthy : stream({ tokens: 40, everyMs: 15 }))(received, response);
      const terminal = new Terminal();
      terminal.type(start + shown.home);
      const end = performance.now() + 150_000;
      for (let n = 0; performance.now() < end; n++) {
        const callers = 2 + Math.round(4 + 4 * Math.sin(n / 7));
        const asked = Array.from({ length: callers }, () =>
          shown.send(CHAT, chatBody({ model: "llama-3.1-8b", stream: true })),
        );
        if (n % 40 === 9) asked.push(shown.send("/challenge", { type: "IDENTITY", payload: {} }, { as: "scheduler" }));
        if (n % 40 === 20)
          asked.push(
            shown.send("/challenge", { type: "MATRIX_MULTIPLICATION", payload: { size: 256 } }, { as: "scheduler" }),
          );
        await Promise.all(asked.map((answer) => answer.then((response) => response.text())));
      }
      terminalPicture(terminal.screen(true), "top", 80);
      terminal.close();
      await shown.leave();
      rmSync(tools, { recursive: true });
    },
    200_000,
  );

  test("quits clean: at q, Escape and Ctrl-C, at an end signal", async () => {
    const terminal = new Terminal();
    try {
      for (const [end, code] of [
        [() => terminal.key("Escape"), 0],
        [() => terminal.key("C-c"), 0],
        [() => terminal.key("Q"), 0],
        [() => signal("SIGTERM"), 143],
        [() => signal("SIGHUP"), 129],
        [() => signal("SIGINT"), 130],
        [() => signal("SIGQUIT"), 131],
      ] as const) {
        terminal.type(`clear; ${start}${world.home}`);
        await terminal.shows("q quits");
        expect(["alternate_on", "cursor_flag", "wrap_flag"].map((flag) => terminal.is(flag))).toEqual([
          true,
          false,
          false,
        ]);
        // An arrow key begins as Escape does.
        terminal.key("Up");
        await Bun.sleep(200);
        expect(terminal.is("alternate_on")).toBeTrue();
        end();
        await isGivenBack(terminal, code);
      }
    } finally {
      terminal.close();
    }
    function signal(name: NodeJS.Signals): void {
      process.kill(terminal.foreground, name);
    }
  });

  test("suspended by Ctrl-Z or a signal the shell has the terminal, and it goes on in the foreground", async () => {
    const terminal = new Terminal();
    try {
      terminal.type(start + world.home);
      await terminal.shows("q quits");
      const { foreground } = terminal;
      for (const suspend of [() => terminal.key("C-z"), () => process.kill(foreground, "SIGTSTP")]) {
        suspend();
        await terminal.shows(/Stopped|Suspended/i);
        expect(terminal.is("alternate_on")).toBeFalse();
        terminal.type("clear; fg");
        await terminal.shows("q quits");
        expect(terminal.is("alternate_on")).toBeTrue();
      }
      // Nobody can give anything back at this one: what is drawn afterwards is whole, and keys are read again.
      process.kill(foreground, "SIGSTOP");
      await until(() => terminal.screen().trimEnd().endsWith(PROMPT));
      // This shell has the terminal as it was left: Enter is no end of a line there.
      terminal.key("f", "g", "C-j");
      await until(() => !terminal.screen().includes(PROMPT));
      expect(terminal.is("alternate_on")).toBeTrue();
      terminal.key("q");
      await isGivenBack(terminal, 0);
    } finally {
      terminal.close();
    }
  });

  test("a node that goes away is said to be gone, waited for, and seen again when it is back", async () => {
    const terminal = new Terminal();
    try {
      terminal.type(start + world.home);
      await terminal.shows("q quits");
      await world.node.kill();
      await terminal.shows(/^no node runs here any more: waiting for it; what stands here is \d+s old$/m);
      await world.restart();
      await until(() => !terminal.screen().includes("waiting for it"));
      await terminal.shows(/^fxn \S+ +ready +up \d+s/m);
      // One that hangs is no reason to hang: its keys work.
      world.node.signal("SIGSTOP");
      await terminal.shows("does not answer on its control socket");
      terminal.key("q");
      await isGivenBack(terminal, 0);
    } finally {
      world.node.signal("SIGCONT");
      terminal.close();
    }
  });

  test("colours, none of them with NO_COLOR, and plain letters where the terminal has no others", async () => {
    for (const [env, color, block] of [
      [{}, true, true],
      [{ NO_COLOR: "1" }, false, true],
      [{ LANG: "C" }, true, false],
    ] as const) {
      const terminal = new Terminal(80, 24, env);
      try {
        terminal.type(start + world.home);
        await terminal.shows(/^tokens out +\d\S*\/s .*[▁-█_#]$/m);
        expect(terminal.screen(true).includes("\u001b[32mready")).toBe(color);
        expect(/[▁-█]/.test(terminal.screen())).toBe(block);
        terminal.key("q");
      } finally {
        terminal.close();
      }
    }
  });
});

describe("fxn top without a terminal", () => {
  test("refuses a pipe and a dumb terminal, and says how it is done", async () => {
    const { code, stdout, stderr } = await fxn(["top", "--home", world.home], { env: { TERM: "xterm" } });
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toContain("fxn top --once");
    if (missing !== "") return;
    const terminal = new Terminal();
    try {
      terminal.type(`TERM=dumb ${BINARY} top --home ${world.home}`);
      await terminal.shows("fxn top --once");
    } finally {
      terminal.close();
    }
  });

  test("--once prints one frame without control codes, --json all that the node tells", async () => {
    const once = await fxn(["top", "--once", "--home", world.home]);
    expect(once.code).toBe(0);
    expect(once.stdout).toMatch(/^fxn \S+ {2}ready {2}up /);
    expect(once.stdout).toContain("\nmodel server up  http://");
    expect(once.stdout).not.toContain("\u001b");
    const json = await fxn(["top", "--json", "--home", world.home]);
    expect(JSON.parse(json.stdout)).toMatchObject({ schema: 1, everyMs: 5000, status: { schema: 1, ready: true } });
  });

  test("no node: said, with what to do", async () => {
    for (const args of [
      ["top", "--once"],
      ["top", "--json"],
    ]) {
      const { code, stdout, stderr } = await fxn([...args, "--home", "/nonexistent"]);
      expect(code).toBe(1);
      expect(`${stdout}${stderr}`).toMatch(/fxn start|"running": false/);
    }
    for (const interval of ["0s", "10ms", "2h", "x"]) {
      expect((await fxn(["top", "--interval", interval])).code).toBe(2);
    }
  });
});

describe("GET /activity", () => {
  test("on the operator's listener, what all workers have served; never on the public port", async () => {
    const told = async () => {
      const answer = await fetch(`${world.node.admin}/activity`);
      const { samples, ledger } = activity.parse(await answer.json());
      return { answered: samples.reduce((sum, { answers }) => sum + (answers["2"] ?? 0), 0), rows: ledger.length };
    };
    const { answered } = await told();
    const asked = Array.from({ length: 10 }, () => world.send(CHAT, chatBody({ stream: true })));
    await Promise.all(asked.map(async (answer) => (await answer).text()));
    await until(async () => {
      const now = await told();
      return now.answered >= answered + 10 && now.rows >= 10;
    });
    expect((await fetch(`${world.node.url}/activity`)).status).toBe(404);
    const foreign = await fetch(`${world.node.admin}/activity`, { headers: { host: "evil.example" } });
    expect(foreign.status).toBe(403);
  });
});

const activity = z.object({
  samples: z.array(z.object({ answers: z.record(z.string(), z.number()) })),
  ledger: z.array(z.unknown()),
});
