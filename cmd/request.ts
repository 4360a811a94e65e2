// fxn request: signs a request as a gateway or the scheduler would, sends it, and prints the answer as it comes.

import { Command, Option, UsageError } from "clipanion";
import { z } from "zod";
import { NODE_KEY, openSigner } from "../src/keys/key-store.ts";
import { signRequest } from "../src/keys/sign-request.ts";
import { askControl } from "../src/lib/control-socket.ts";
import { createHttpClient } from "../src/lib/http-client.ts";
import { readTlsFiles } from "../src/lib/tls-files.ts";
import { loadConfig } from "../src/networks/config.ts";
import { EXIT } from "./base.ts";
import { KeyCommand } from "./key-command.ts";
import type { ValuesOf } from "./manual/values.ts";

const PATIENCE_MS = 10 * 60_000;

export class RequestCommand extends KeyCommand {
  static override values: ValuesOf = { ...KeyCommand.values, "--account": "key" };

  static override paths = [["request"]];
  static override usage = Command.Usage({
    category: "Operating",
    description: "sign a request and send it, as a gateway or the scheduler would",
    details: `
      Signs BODY with a key of this home and sends it to the node of this home, or to --url. The answer is printed as it
      arrives; its status goes to standard error, and the exit code is 1 when it is 400 or more. BODY is JSON text, @FILE,
      or - for standard input; without it the request is a GET.

      The node lets in who is a gateway in the registry, or the scheduler; with a key that is neither, this shows what a
      stranger is told.
    `,
    examples: [
      [
        "Chat, streamed",
        `fxn request /v1/chat/completions '{"model":"tiny","stream":true,"messages":[{"role":"user","content":"Hi"}]}'`,
      ],
      [
        "Challenge a node as the scheduler, with a key named scheduler",
        `fxn request /challenge '{"type":"IDENTITY","payload":{}}' --account scheduler`,
      ],
      ["List the models of another node", "fxn request /v1/models --url https://node.example"],
    ],
  });

  route = Option.String({ name: "PATH", required: true });
  body = Option.String({ name: "BODY", required: false });
  account = Option.String("--account", NODE_KEY, { description: "Name of the key that signs; see fxn accounts list" });
  url = Option.String("--url", { description: "Base URL of the node; default: the one of this home" });

  protected async run(): Promise<number> {
    const home = this.homeDir();
    const { config } = await loadConfig({ home, env: this.context.env });
    const body = await this.#body();
    const signer = await openSigner(home, this.account, () =>
      this.passwords(config.keystore.passwordFile).existing(`the key "${this.account}"`),
    );
    const tls = readTlsFiles("node.tls", config.node.tls, home, Date.now());
    const url = target(this.route, this.url ?? (await this.#localUrl(config.node, tls !== undefined)));
    const client = createHttpClient({
      maxIdleConns: 0,
      idleConnTimeout: 0,
      connectTimeout: 10_000,
      // By its loopback address the node is none of the names in its certificate.
      ...(this.url === undefined && tls && { pinned: tls.cert }),
    });
    const reply = await client.request({
      method: body === undefined ? "GET" : "POST",
      url,
      headers: {
        ...(body === undefined ? {} : { "Content-Type": "application/json", "Content-Length": String(body.length) }),
        ...signRequest(signer, body ?? new Uint8Array(0), { now: Date.now(), nonce: crypto.randomUUID() }),
      },
      body,
      signal: new AbortController().signal,
      firstByteTimeoutMs: PATIENCE_MS,
      idleTimeoutMs: PATIENCE_MS,
    });
    this.printError(`${reply.status} ${reply.headers.get("x-request-id") ?? ""}`.trimEnd());
    let tail = "";
    for await (const chunk of reply.body) {
      this.context.stdout.write(chunk);
      tail = (tail + Buffer.from(chunk).toString("latin1")).slice(-MAX_EVENT);
    }
    const streamed = reply.headers.get("content-type")?.startsWith("text/event-stream") === true;
    if (!streamed) this.context.stdout.write("\n");
    // A stream that broke has had its 200 already: its last event tells.
    const broke = streamed && tail.trimEnd().split("\n\n").at(-1)?.startsWith(`data: {"error"`) === true;
    return reply.status < 400 && !broke ? EXIT.ok : EXIT.failed;
  }

  /** Where the node of this home listens; what the running one says counts more than its config: a port may be any. */
  async #localUrl(node: { listenAddress: string; listenPort: number }, secure: boolean): Promise<string> {
    const answer = await askControl(this.homeDir(), "GET", "/status");
    const running = listening.safeParse(answer?.json);
    return `${secure ? "https" : "http"}://${reachable(running.success ? running.data.listen : hostPort(node))}`;
  }

  async #body(): Promise<Uint8Array | undefined> {
    if (this.body === undefined) return undefined;
    if (this.body === "-") return this.readInput();
    return this.body.startsWith("@") ? this.readNamed("BODY", this.body.slice(1)) : Buffer.from(this.body);
  }
}

const MAX_EVENT = 16 * 1024;
const listening = z.object({ listen: z.string() });

function hostPort({ listenAddress, listenPort }: { listenAddress: string; listenPort: number }): string {
  return `${listenAddress.includes(":") ? `[${listenAddress}]` : listenAddress}:${listenPort}`;
}

/** "Every interface" is no address to go to. */
function reachable(listen: string): string {
  return listen.replace(/^0\.0\.0\.0:/, "127.0.0.1:").replace(/^\[::\]:/, "[::1]:");
}

/** Only a path of that node: a signed request must not go elsewhere. */
function target(path: string, base: string): string {
  const url = /^\/(?!\/)/.test(path) && URL.canParse(path, base) ? new URL(path, base) : undefined;
  if (url && url.origin === new URL(base).origin) return url.href;
  if (!URL.canParse(base)) throw new UsageError(`--url: "${base}" is no URL, such as https://node.example`);
  throw new UsageError(`PATH: "${path}" is no path of a node, such as /v1/models`);
}
