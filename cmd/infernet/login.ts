// fxn infernet login: links this node's key to the operator's account on the control plane.
import { Command, Option, UsageError } from "clipanion";
import { readAnyText } from "../../src/config/text-file.ts";
import { systemClock } from "../../src/core/clock.ts";
import { messageOf } from "../../src/core/errors.ts";
import { awaitLogin, startLogin, tokenOf } from "../../src/networks/infernet/login.ts";
import { linkKey } from "../../src/networks/infernet/routes.ts";
import { EXIT } from "../base.ts";
import type { ValuesOf } from "../manual/values.ts";
import { InfernetCommand } from "./infernet-command.ts";

export class InfernetLoginCommand extends InfernetCommand {
  static override values: ValuesOf = { ...InfernetCommand.values, "--token-file": "file" };
  static override paths = [["infernet", "login"]];
  static override usage = Command.Usage({
    category: "Infernet",
    description: "link this node's key to your account on the control plane",
    details: `
      Shows a code and a page; when you have confirmed it there, the node's key is linked to your account, so that you see
      the node there and may give it commands. The token of the login is used for this and kept nowhere. --token-file takes
      a token that you have already; - is standard input. Another control plane is chosen by fxn infernet init --url.
    `,
    examples: [
      ["With a browser", "$0 infernet login"],
      ["With a token", "$0 infernet login --token-file ./token --label gpu-box"],
    ],
  });

  tokenFile = Option.String("--token-file", { description: "File with a token of the account; - for standard input" });
  label = Option.String("--label", { description: "What the account calls this node; 80 characters at most" });

  protected async run(): Promise<number> {
    const { plane } = await this.infernet();
    const token = this.tokenFile === undefined ? await this.#byCode(plane) : await this.#fromFile(this.tokenFile);
    const { created } = await linkKey(plane, token, this.label?.trim().slice(0, 80));
    this.print(
      created ? "The node's key is linked to your account." : "The node's key was linked to your account already.",
    );
    return EXIT.ok;
  }

  async #byCode(plane: Parameters<typeof startLogin>[0]): Promise<string> {
    const login = await startLogin(plane);
    this.print(`Open    ${login.verifyUrl}`);
    this.print(`Code    ${login.code}`);
    this.print(`Waiting for it to be confirmed at ${plane.host}; Ctrl-C ends it.`);
    const { token, email } = await awaitLogin(plane, login, systemClock, new AbortController().signal);
    if (email !== undefined) this.print(`Logged in as ${email}`);
    return token.reveal();
  }

  async #fromFile(file: string): Promise<string> {
    const written = file === "-" ? (await this.readInput()).toString() : await readAnyText(file).catch(unreadable);
    if (written === undefined) throw new UsageError(`there is no file ${file}`);
    return tokenOf(written).reveal();

    function unreadable(error: unknown): never {
      throw new UsageError(`${file} cannot be read: ${messageOf(error)}`);
    }
  }
}
