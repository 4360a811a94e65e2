// fxn bugreport: what somebody who helps must know, redacted, shown before it is written.
import { homedir, userInfo } from "node:os";
import { resolve } from "node:path";
import { Command, Option, UsageError } from "clipanion";
import { zipSync } from "fflate";
import { systemClock } from "../src/core/clock.ts";
import { askSources } from "../src/gpu/facts/ask.ts";
import { localMachine } from "../src/gpu/facts/local-machine.ts";
import { listKeys } from "../src/keys/key-store.ts";
import { cleanLines } from "../src/lib/clean.ts";
import { createFetch } from "../src/lib/fetch.ts";
import { writeNew } from "../src/lib/private-file.ts";
import { redactor } from "../src/lib/redact.ts";
import { createRunTool } from "../src/lib/run-tool.ts";
import { loadConfig } from "../src/networks/config.ts";
import { bugReportParts, type Part, textOf } from "../src/node/bug-report/gather.ts";
import { secretsOf } from "../src/node/bug-report/secrets.ts";
import { EXIT } from "./base.ts";
import type { ValuesOf } from "./manual/values.ts";
import { selfCommand } from "./process-words.ts";
import { terminalOf } from "./prompt.ts";
import { ServiceCommand } from "./service/service-command.ts";
import { table } from "./table.ts";
import { VERSION } from "./version.ts";

interface Shown {
  readonly part: Part;
  readonly text: string;
}

export class BugreportCommand extends ServiceCommand {
  static override values: ValuesOf = { ...ServiceCommand.values, "--output": "file", "--log": "file" };

  static override paths = [["bugreport"]];
  static override usage = Command.Usage({
    category: "Operating",
    description: "gather what somebody who helps must know, redacted",
    details: `
      Makes one zip file, mode 0600, after it has said what is in it: on a terminal it asks, and shows each part to who types
      its name; elsewhere it needs --yes. --show prints one part and writes nothing. Nothing is sent anywhere.

      Every part is redacted: secrets of home, configuration and environment in any spelling, what stands behind a host in a
      URL, and whatever looks like a key become ***. Callers, hashes and peers become names that differ from report to report,
      IP addresses are shortened to their first half, the home, your folder and your name are replaced. Keys are never read
      into it. fxn writes no prompt down, but a runner (provider: process) that prints prompts has them in log.txt: look at it. The log is that of the service, or --log FILE ("-": standard input).
    `,
    examples: [
      ["Look first, then write", "fxn bugreport"],
      ["Only look at the log's part", "fxn bugreport --show log.txt"],
      [
        "From a container",
        "docker logs fxn 2>&1 | docker exec -i fxn fxn bugreport --log - --yes --output /data/report.zip",
      ],
    ],
  });

  output = Option.String("--output", { description: "The file to write; default: fxn-bugreport-<time>.zip here" });
  yes = Option.Boolean("--yes", false, { description: "Write without asking" });
  show = Option.String("--show", { description: "Print this part and write nothing" });
  log = Option.String("--log", { description: "A file with the log, instead of the service's" });
  json = Option.Boolean("--json", false, { description: "List the parts for a machine" });

  protected async run(): Promise<number> {
    const redact = redactor({ ...this.#whatToHide(), known: await this.#publicAddresses() });
    const parts = bugReportParts(await this.#ports());
    // A log holds what others have worded, and a terminal obeys some of it.
    const fitText = async (part: Part) => redact(cleanLines(await textOf(part)));
    if (this.show !== undefined) {
      const part = parts.find(({ name }) => name === this.show);
      if (!part)
        throw new UsageError(`--show: there is no part "${this.show}": ${parts.map(({ name }) => name).join(", ")}`);
      this.context.stdout.write(await fitText(part));
      return EXIT.ok;
    }
    const shown = await Promise.all(parts.map(async (part) => ({ part, text: await fitText(part) })));
    const path = resolve(this.output ?? `fxn-bugreport-${new Date().toISOString().replace(/[:.]/g, "-")}.zip`);
    if (!this.json) this.print(contents(shown));
    const agreed = this.yes || (await this.#ask(shown, path));
    if (agreed)
      writeNew(path, zipSync(Object.fromEntries(shown.map(({ part, text }) => [part.name, Buffer.from(text)]))));
    if (this.json) {
      const listed = shown.map(({ part: { name, what }, text }) => ({ name, what, bytes: Buffer.byteLength(text) }));
      this.printJson({ schema: 1, written: agreed ? path : null, parts: listed });
    } else if (agreed) this.print(`written: ${path}`);
    return EXIT.ok;
  }

  /** Until it is written or not. */
  async #ask(shown: readonly Shown[], path: string): Promise<boolean> {
    const terminal = this.json ? undefined : terminalOf(this.context.stdin, this.context.stderr);
    if (!terminal) {
      this.printError("nothing was written: say --yes, or look at a part with --show NAME");
      return false;
    }
    for (;;) {
      const answer = (await terminal.ask(`Write ${path}? [y/N, or the name of a part to look at it] `)).trim();
      const part = shown.find((one) => one.part.name === answer);
      if (part) this.print(part.text);
      else if (/^y(?:es)?$/i.test(answer)) return true;
      else if (/^(?:no?)?$/i.test(answer)) {
        this.printError("nothing was written");
        return false;
      } else this.printError(`there is no part "${answer}"`);
    }
  }

  async #ports() {
    const home = this.homeDir();
    const { env } = this.context;
    return {
      home,
      version: VERSION,
      program: selfCommand()[0] ?? "",
      load: () => loadConfig({ home, env }),
      gpus: async () => {
        const reports = await askSources(localMachine(systemClock));
        return reports.map(({ source, state, why, gpus }) => ({ source, state, why, gpus }));
      },
      fetch: createFetch(systemClock),
      runTool: createRunTool({ clock: systemClock, env, platform: process.platform }),
      logWords: this.manager().logs(this.place(), { lines: LOG_LINES, follow: false }),
      logText: this.log === undefined ? undefined : (await this.readNamed("--log", this.log)).toString("utf8"),
      now: () => systemClock.now(),
    };
  }

  #whatToHide() {
    const home = this.homeDir();
    return {
      secrets: secretsOf(home, this.context.env),
      folders: [
        [home, "<home>"],
        [homedir(), "~"],
      ] as const,
      user: userInfo().username,
      salt: crypto.randomUUID(),
    };
  }

  /** The node's own and those of contracts: the chain shows them anyway, and who helps needs them. */
  async #publicAddresses(): Promise<string[]> {
    const home = this.homeDir();
    const own = listKeys(home).flatMap(({ address }) => address ?? []);
    try {
      const { config } = await loadConfig({ home, env: this.context.env });
      return [...own, config.schedulerAddress, config.registry.routerSmartContractAddress];
    } catch {
      // A configuration that is wrong is among what is reported.
      return own;
    }
  }
}

const LOG_LINES = 2000;

function contents(shown: readonly Shown[]): string {
  const rows = shown.map(({ part, text }) => [part.name, Buffer.byteLength(text), part.what]);
  return table(["part", "bytes", "what"], rows);
}
