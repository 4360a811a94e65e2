// One life of a runner, from its start to its end: what it says is heard line by line, and its whole group ends with it.
import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { BackendError, type BackendFailure } from "../../core/backend.ts";
import { messageOf } from "../../core/errors.ts";
import { LineSplitter } from "../../lib/lines.ts";
import { Refusal, shown } from "../translated.ts";
import {
  cancelLine,
  type FromRunner,
  fromRunner,
  MAX_LINE_BYTES,
  ofRequest,
  type Ready,
  requestLine,
} from "./protocol.ts";
import { type RequestPorts, RunnerRequest } from "./request.ts";

/** Its output is waited for, for so long after its end. */
const LAST_WORDS_MS = 500;

export interface LifePorts extends RequestPorts {
  /** Milliseconds. */
  readonly startTimeout: number;
  /** Gets what it says beside the protocol. */
  readonly noise: (text: string) => void;
}

export interface Program {
  readonly argv: readonly string[];
  /** All of it. */
  readonly env: Readonly<Record<string, string>>;
  readonly folder: string;
}

interface Running {
  readonly request: RunnerRequest;
  /** Called when the runner is through with it. */
  readonly through: () => void;
}

export class Life {
  /** Rejects with BackendError when it ends before. */
  readonly ready: Promise<Ready>;
  /** Resolves, in words, with how it ended. */
  readonly ended: Promise<string>;
  readonly #ports: LifePorts;
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #ready = Promise.withResolvers<Ready>();
  readonly #ended = Promise.withResolvers<string>();
  readonly #running = new Map<number, Running>();
  readonly #lines = new LineSplitter(MAX_LINE_BYTES);
  #count = 0;
  #over = false;
  /** Why it was ended by us. */
  #fault: { readonly code: BackendFailure; readonly why: string } | undefined;

  /** Throws when there is no such program. */
  constructor({ argv, env, folder }: Program, ports: LifePorts) {
    this.#ports = ports;
    this.ready = this.#ready.promise;
    this.ended = this.#ended.promise;
    // Whoever asks hears of it; perhaps nobody does.
    this.ready.catch(() => {});
    const [file = "", ...args] = argv;
    // A process group of its own, so that what it starts ends with it.
    const detached = process.platform !== "win32";
    this.#child = spawn(file, args, {
      cwd: folder,
      env: { ...env },
      stdio: ["pipe", "pipe", "pipe"],
      detached,
      windowsHide: true,
    });
    const cancelTimer = ports.clock.after(ports.startTimeout, () =>
      this.end("connect_timeout", `was not ready within ${ports.startTimeout} ms`),
    );
    void this.ready.then(cancelTimer, cancelTimer);
    this.#child.on("error", (error) => this.#close(`could not be started: ${messageOf(error)}`));
    this.#child.on("exit", (code, signal) => this.#exited(`ended with ${signal ?? `code ${code}`}`));
    this.#child.stdout.on("data", (chunk: Buffer) => this.#hear(chunk));
    this.#child.stderr.on("data", (chunk: Buffer) => ports.noise(chunk.toString()));
    for (const stream of [this.#child.stdin, this.#child.stdout, this.#child.stderr]) {
      // Its end is heard by itself.
      stream.on("error", () => {});
    }
  }

  /** @param through called once when the runner is through with it, which may be long after its caller has left */
  ask(route: string, body: Uint8Array, signal: AbortSignal, through: () => void): RunnerRequest {
    const id = this.#count++;
    const { clock, timeouts } = this.#ports;
    const request = new RunnerRequest(signal, this.#ports, () => {
      this.#send(cancelLine(id));
      // It need not obey, but must be through some time: one that hangs would keep its place for ever.
      const { idleTimeout } = timeouts();
      const cancelTimer = clock.after(idleTimeout, () => {
        if (this.#running.has(id)) this.end("idle_timeout", `did not end a cancelled request within ${idleTimeout} ms`);
      });
      void this.ended.then(cancelTimer);
    });
    if (this.#over) {
      request.fail(request.error("connect_failed", "the runner has just ended"));
      through();
      return request;
    }
    this.#running.set(id, { request, through });
    this.#send(requestLine(id, route, body));
    return request;
  }

  /** Ends it and all that it has started. */
  end(code: BackendFailure, why: string): void {
    this.#fault ??= { code, why };
    const { pid } = this.#child;
    if (this.#over || pid === undefined) return;
    try {
      if (process.platform === "win32") this.#child.kill("SIGKILL");
      else process.kill(-pid, "SIGKILL");
    } catch {
      // It ended by itself in the meantime.
    }
  }

  #send(line: Uint8Array): void {
    if (!this.#over) this.#child.stdin.write(line);
  }

  #hear(chunk: Buffer): void {
    try {
      for (const line of this.#lines.push(chunk)) if (!this.#over) this.#read(line);
    } catch (error) {
      this.end("bad_response", messageOf(error));
    }
  }

  #read(line: string): void {
    const value = jsonOf(line);
    const { data } = fromRunner.safeParse(value);
    const spoilt = ofRequest.safeParse(value).data;
    if (data) this.#take(data);
    // A library that prints is no reason to end it.
    else if (value === undefined) this.#ports.noise(line);
    else if (spoilt) this.#fail(spoilt.id, this.#error("bad_response", "gave an answer that is not of the protocol"));
    else this.end("bad_response", "says what is not in the protocol");
  }

  #take(said: FromRunner): void {
    if ("ready" in said) {
      this.#ready.resolve(said);
      return;
    }
    const request = this.#running.get(said.id)?.request;
    if ("delta" in said) request?.text(said.delta);
    else if ("error" in said) this.#fail(said.id, this.#refusal(request?.begun === true, said));
    else {
      const { prompt_tokens: promptTokens = null, completion_tokens: completionTokens = null } = said.usage ?? {};
      request?.finish({ reason: said.finish_reason, promptTokens, completionTokens });
      this.#release(said.id);
    }
  }

  /** After half an answer there is no status left to refuse with. */
  #refusal(begun: boolean, { status, error }: { status: number; error: string }): Error {
    return begun ? this.#error("cut", shown(error)) : new Refusal(status, shown(error));
  }

  #fail(id: number, error: Error): void {
    this.#running.get(id)?.request.fail(error);
    this.#release(id);
  }

  #release(id: number): void {
    const running = this.#running.get(id);
    this.#running.delete(id);
    running?.through();
  }

  /** What it said last may still be on its way. */
  #exited(how: string): void {
    // What it has started would keep its output open.
    this.end("reset", how);
    const cancelTimer = this.#ports.clock.after(LAST_WORDS_MS, () => this.#close(how));
    this.#child.on("close", () => {
      cancelTimer();
      this.#close(how);
    });
  }

  #close(how: string): void {
    if (this.#over) return;
    this.#over = true;
    const { code, why } = this.#fault ?? { code: "reset" as const, why: how };
    this.#ready.reject(this.#error(code === "reset" ? "connect_failed" : code, why));
    for (const [id, { request }] of this.#running) {
      this.#fail(id, this.#error(code === "reset" && request.begun ? "cut" : code, why));
    }
    this.#ended.resolve(why);
  }

  #error(code: BackendFailure, why: string): BackendError {
    return new BackendError(code, 502, `${this.#ports.label}: the runner ${why}`);
  }
}

/** An object; undefined for what is none. */
function jsonOf(line: string): unknown {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
