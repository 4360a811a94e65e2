// What commands share that play the scheduler: a throw-away key on a private listener, or a key of the operator's own.

import { Option, UsageError } from "clipanion";
import { z } from "zod";
import { FxnError } from "../src/core/errors.ts";
import { openSigner } from "../src/keys/key-store.ts";
import { newKey } from "../src/keys/private-key.ts";
import { type Signer, signerFromKey } from "../src/keys/signer.ts";
import { askControl } from "../src/lib/control-socket.ts";
import { createHttpClient, type HttpClient } from "../src/lib/http-client.ts";
import { loadConfig } from "../src/networks/config.ts";
import { SignedClient } from "../src/scheduler/signed-client.ts";
import { KeyCommand } from "./key-command.ts";
import type { ValuesOf } from "./manual/values.ts";

const CONNECT_MS = 10_000;
const opened = z.object({ port: z.number() });

export class RehearsalError extends FxnError<"rehearsal_refused"> {}

export abstract class SchedulerCommand extends KeyCommand {
  static override values: ValuesOf = { ...KeyCommand.values, "--account": "key" };

  account = Option.String("--account", {
    description: "Name of a key that the node at URL knows as its scheduler; default: a throw-away key",
  });

  /**
   * Calls `work` with a client that the node takes for its scheduler. Without --account that is the node of this home,
   * which opens a listener on loopback for a throw-away key and closes it afterwards.
   */
  protected async asScheduler(
    url: string | undefined,
    work: (client: SignedClient, http: HttpClient) => Promise<number>,
  ): Promise<number> {
    const http = createHttpClient({ maxIdleConns: 4, idleConnTimeout: CONNECT_MS, connectTimeout: CONNECT_MS });
    if (url !== undefined && !/^https?:\/\//.test(url)) {
      throw new UsageError(`URL: "${url}" is no URL of a node, such as https://node.example`);
    }
    if (this.account !== undefined) {
      if (url === undefined) throw new UsageError("--account needs the URL of the node that knows this key");
      return work(new SignedClient(url, await this.#own(this.account), http), http);
    }
    const signer = signerFromKey(newKey());
    const port = await this.#openListener(signer);
    try {
      return await work(new SignedClient(`http://127.0.0.1:${port}`, signer, http), http);
    } finally {
      await askControl(this.homeDir(), "DELETE", `/rehearsal/${signer.address}`);
    }
  }

  async #own(account: string): Promise<Signer> {
    const { config } = await loadConfig({ home: this.homeDir(), env: this.context.env });
    const passwords = this.passwords(config.keystore.passwordFile);
    return openSigner(this.homeDir(), account, () => passwords.existing(`the key "${account}"`));
  }

  async #openListener(signer: Signer): Promise<number> {
    const answer = await askControl(this.homeDir(), "PUT", `/rehearsal/${signer.address}`);
    if (!answer) {
      throw new RehearsalError("rehearsal_refused", 500, `no node runs on ${this.homeDir()}`, {
        hint: "Start it with: fxn start. Or rehearse another node with --account, a key that it knows as its scheduler.",
      });
    }
    const listener = opened.safeParse(answer.json);
    if (listener.success) return listener.data.port;
    throw new RehearsalError("rehearsal_refused", 500, "the node opened no listener for the rehearsal", {
      hint: "Is the running node of the same version as this program? See its log.",
    });
  }
}
