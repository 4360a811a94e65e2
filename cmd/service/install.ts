// fxn service install: makes the node start with the machine, by the system's own service manager.
import { resolve } from "node:path";
import { Command, Option, UsageError } from "clipanion";
import type { FxnError } from "../../src/core/errors.ts";
import { loadConfig } from "../../src/networks/config.ts";
import { examine } from "../../src/service/examine.ts";
import { installService } from "../../src/service/install.ts";
import { localMachine } from "../../src/service/local-machine.ts";
import type { Service, ServiceManager } from "../../src/service/manager.ts";
import { EXIT } from "../base.ts";
import type { ValuesOf } from "../manual/values.ts";
import { selfCommand } from "../process-words.ts";
import { ServiceCommand } from "./service-command.ts";

/** For systems other than this one, of which nothing can be looked at. */
const UNSEEN = { groups: [], deadlineMs: 30_000, lowPort: false };

export class ServiceInstallCommand extends ServiceCommand {
  static override values: ValuesOf = {
    ...ServiceCommand.values,
    "--password-file": "file",
    "--platform": ["linux", "darwin", "win32"],
  };
  static override paths = [["service", "install"]];
  static override usage = Command.Usage({
    category: "Operating",
    description: "start the node with the machine",
    details: `
      Writes a systemd unit, a launchd job or a task of Windows' Task Scheduler, and starts it. As root a service of the
      machine, run by the user who owns the home; else one of your own. What would not start is not installed: the key
      is opened first, with the password that the service will have. --print shows every file and command, and does nothing.
    `,
    examples: [
      ["See first", "fxn service install --print"],
      ["For this machine, run by you", "sudo fxn service install --home ~/.fxn --password-file /etc/fxn-password"],
      [
        "By a user that systemd makes",
        "sudo fxn service install --home /var/lib/fxn --password-file /etc/fxn-password",
      ],
    ],
  });

  passwordFile = Option.String("--password-file", {
    description: "File that holds the key's password; mode 0600. As root on Linux, systemd reads it and hands it over",
  });
  user = Option.String("--user", { description: "As root: who runs it; default: the home's owner" });
  onlyShow = Option.Boolean("--print", false, { description: "Only show what would be written and run" });
  platform = Option.String("--platform", { description: "With --print, for another system: linux, darwin or win32" });
  force = Option.Boolean("--force", false, { description: "Replace an older one, and start the node anew" });

  protected async run(): Promise<number> {
    const manager = this.manager(this.platform);
    const place = this.place();
    if (this.platform !== undefined && !this.onlyShow) throw new UsageError("--platform is for --print");
    if (this.user !== undefined && !place.system && !this.onlyShow) throw new UsageError("--user is for root");
    const passwordFile = this.passwordFile === undefined ? undefined : resolve(this.passwordFile);
    const wanted = { manager, place, program: selfCommand(), user: this.user, passwordFile };
    if (manager.platform !== process.platform) {
      const user = { name: this.user ?? "NAME" };
      return this.#show(manager, { ...place, ...UNSEEN, user, program: wanted.program, passwordFile }, []);
    }
    const { service, problems } = await examine(wanted, localMachine(this.context.env), loadConfig);
    if (this.onlyShow) return this.#show(manager, service, problems);
    const [problem] = problems;
    if (problem) throw problem;
    const paths = manager.paths(place).join(", ");
    if ((await installService(manager, service, this.force, this.ports())) === "unchanged") {
      this.print(`It is installed already, just so: ${paths}. --force starts the node anew.`);
      return EXIT.ok;
    }
    this.print(`Installed and started: ${paths}. See fxn status and fxn service logs.`);
    for (const line of manager.advice(place)) this.print(line);
    return EXIT.ok;
  }

  /** What could be run as it is: files and commands alone on standard output, what is at fault beside it. */
  #show(manager: ServiceManager, service: Service, problems: readonly FxnError[]): number {
    for (const { path, text } of manager.files(service)) this.print(`# ${path}\n${text}`);
    for (const { words } of manager.install(service)) this.print(`$ ${words.map(shellWord).join(" ")}`);
    for (const { message, hint } of problems)
      this.printError(`fxn: it would not be installed so: ${message}${hint ? `\n  ${hint}` : ""}`);
    return EXIT.ok;
  }
}

function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
