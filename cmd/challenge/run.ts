// fxn challenge run: sends one challenge as the scheduler would, and prints the answer; a proof is opened and checked too.

import { Command, Option, UsageError } from "clipanion";
import { CHALLENGERS } from "../../challengers/index.ts";
import { BACKEND_NAMES, type BackendName } from "../../src/core/compute.ts";
import { loadKernels } from "../../src/matrix/load.ts";
import { MAX_ROWS, MAX_SIDE } from "../../src/matrix/proof.ts";
import { askForProof, recordFault } from "../../src/scheduler/proof-record.ts";
import type { SignedClient } from "../../src/scheduler/signed-client.ts";
import { EXIT } from "../base.ts";
import type { ValuesOf } from "../manual/values.ts";
import { positive } from "../numbers.ts";
import { SchedulerCommand } from "../scheduler-command.ts";
import { saveProof } from "./proof-file.ts";

const PROOF = "MATRIX_PROOF";
/** What is sent when no payload is given. */
const DEFAULTS: Readonly<Record<string, unknown>> = { IDENTITY: {}, MATRIX_MULTIPLICATION: { size: 1024 } };

export class ChallengeRunCommand extends SchedulerCommand {
  static override values: ValuesOf = {
    ...SchedulerCommand.values,
    TYPE: CHALLENGERS.map(({ type }) => type),
    "--backend": BACKEND_NAMES,
    "--save": "file",
  };

  static override paths = [["challenge", "run"]];
  static override usage = Command.Usage({
    category: "Challenges",
    description: "send one challenge, and print the answer",
    details: `
      Sends TYPE with PAYLOAD (JSON) to the node of this home, signed with a throw-away key that the node takes for its
      scheduler on a private listener. With --account and --url another node is asked, which must know that key as its
      scheduler. The exit code is 1 when the answer is an error.

      Without a PAYLOAD, MATRIX_PROOF makes a whole proof: a new seed, rows drawn when the root is known, and the check,
      whose verdict is printed. --save keeps it in a file for fxn challenge verify.
    `,
    examples: [
      ["Who am I?", "fxn challenge run IDENTITY"],
      ["A product of given matrices", `fxn challenge run MATRIX_MULTIPLICATION '{"A":[[1,2]],"B":[[3],[4]]}'`],
      ["A proof of 4096 x 4096 x 4096 on the GPU", "fxn challenge run MATRIX_PROOF --size 4096 --backend gpu"],
    ],
  });

  type = Option.String({ name: "TYPE", required: true });
  payload = Option.String({ name: "PAYLOAD", required: false });
  url = Option.String("--url", { description: "Base URL of another node; needs --account" });
  size = Option.String("--size", "1024", { description: "Of a proof: m, k and n" });
  rows = Option.String("--rows", "32", { description: "Of a proof: how many rows are opened" });
  backend = Option.String("--backend", "auto", { description: `Of a proof: ${BACKEND_NAMES.join(", ")}` });
  save = Option.String("--save", { description: "File that the proof is written to, as JSON" });

  protected async run(): Promise<number> {
    const type = this.type.toUpperCase();
    if (!CHALLENGERS.some((challenger) => challenger.type === type)) {
      throw new UsageError(`TYPE: "${this.type}" is none of ${CHALLENGERS.map((one) => one.type).join(", ")}`);
    }
    if (this.url !== undefined && this.account === undefined) {
      throw new UsageError("--url needs --account: another node takes no throw-away key for its scheduler");
    }
    const send =
      type === PROOF && this.payload === undefined
        ? this.#proof()
        : this.#challenge(type, payloadOf(this.payload, DEFAULTS[type]));
    return this.asScheduler(this.url, send);
  }

  #challenge(type: string, payload: unknown) {
    return async (client: SignedClient): Promise<number> => {
      const { status, text, ms } = await client.ask("/challenge", { type, payload }, new AbortController().signal);
      this.printError(`${status} in ${ms.toFixed(0)} ms`);
      this.print(text);
      return status === 200 ? EXIT.ok : EXIT.failed;
    };
  }

  #proof() {
    const side = positive("--size", this.size, MAX_SIDE);
    const rows = positive("--rows", this.rows, MAX_ROWS);
    const backend = backendNamed(this.backend);
    return async (client: SignedClient): Promise<number> => {
      const size = { m: side, k: side, n: side, backend, rows };
      const record = await askForProof(client, size, new AbortController().signal);
      if (this.save !== undefined) saveProof(this.save, record);
      this.printJson(record.committed);
      const fault = recordFault(record, (await loadKernels()).kernels);
      this.printError(fault ? `WRONG  ${fault.part}: ${fault.why}` : `right  ${record.drawn.length} rows, no fault`);
      return fault ? EXIT.failed : EXIT.ok;
    };
  }
}

function payloadOf(text: string | undefined, fallback: unknown): unknown {
  if (text === undefined) {
    if (fallback === undefined) throw new UsageError("PAYLOAD: this challenge needs one, as JSON");
    return fallback;
  }
  try {
    return JSON.parse(text);
  } catch {
    // A URL is a JSON string only in quotes, which a shell takes away.
    if (URL.canParse(text)) return text;
    throw new UsageError("PAYLOAD: this is not JSON");
  }
}

function backendNamed(text: string): BackendName {
  const found = BACKEND_NAMES.find((name) => name === text);
  if (found) return found;
  throw new UsageError(`--backend: "${text}" is none of ${BACKEND_NAMES.join(", ")}`);
}
