// fxn challenge verify: checks a saved proof on this machine alone, with no node and no network.

import { Command, Option, UsageError } from "clipanion";
import { gflopsOf } from "../../src/core/compute.ts";
import { loadKernels } from "../../src/matrix/load.ts";
import { recordFault } from "../../src/scheduler/proof-record.ts";
import { EXIT, FxnCommand } from "../base.ts";
import type { ValuesOf } from "../manual/values.ts";
import { parseProof, readText } from "./proof-file.ts";

export class ChallengeVerifyCommand extends FxnCommand {
  static override values: ValuesOf = { ...FxnCommand.values, FILE: "file" };

  static override paths = [["challenge", "verify"]];
  static override usage = Command.Usage({
    category: "Challenges",
    description: "check a saved proof",
    details: `
      Reads a proof that fxn challenge run MATRIX_PROOF --save has written (- for standard input) and checks who signed
      it, that each row's path leads to the root, and that the rows are rows of the product, exactly. Exit code 0 when
      nothing is at fault, else 1.

      The file is JSON: {"schema":1, "asked": the payload of MATRIX_PROOF, "committed": its answer, "drawn": the rows that
      were asked for, "opened": the answer to MATRIX_PROOF_OPEN}.

      That the rows were drawn after the root was known is for whoever drew them to know: a file cannot show it. Whether
      a device could be as fast as it says is for the reader to judge, too.
    `,
    examples: [
      [
        "A proof of one's own node",
        "fxn challenge run MATRIX_PROOF --save proof.json && fxn challenge verify proof.json",
      ],
      ["Signed by this address and no other", "fxn challenge verify proof.json --address 0x5CbD…"],
    ],
  });

  file = Option.String({ name: "FILE", required: true });
  address = Option.String("--address", { description: "Whose signature it must be; default: the one that it names" });
  json = Option.Boolean("--json", false, { description: "For a machine" });

  protected async run(): Promise<number> {
    if (this.address !== undefined && !/^0x[0-9a-fA-F]{40}$/.test(this.address)) {
      throw new UsageError(`--address: "${this.address}" is no address: 0x and 40 hex digits`);
    }
    const record = parseProof(this.file === "-" ? (await this.readInput()).toString() : readText(this.file));
    const { kernels } = await loadKernels();
    const begun = performance.now();
    const fault = recordFault(record, kernels, this.address);
    const checkMs = performance.now() - begun;
    const { asked, committed, drawn } = record;
    if (this.json) {
      const { computeMs, totalMs, gflops, backend, device, address } = committed;
      const said = { computeMs, totalMs, gflops, backend, device, address };
      this.printJson({ schema: 1, right: !fault, fault: fault ?? null, rows: drawn.length, checkMs, said });
      return fault ? EXIT.failed : EXIT.ok;
    }
    const implied = gflopsOf(asked, committed.totalMs);
    this.print(
      [
        fault ? `WRONG    ${fault.part}: ${fault.why}` : "right    nothing is at fault",
        `product  ${asked.m} x ${asked.k} x ${asked.n}, seed ${asked.seed.slice(0, 16)}…`,
        `signed   by ${committed.address}`,
        `rows     ${drawn.length} of ${asked.m}, checked in ${checkMs.toFixed(0)} ms`,
        `it says  ${committed.gflops.toFixed(1)} GOPS by ${committed.backend} on ${committed.device}; ${implied.toFixed(1)} over all of step 1`,
      ].join("\n"),
    );
    return fault ? EXIT.failed : EXIT.ok;
  }
}
