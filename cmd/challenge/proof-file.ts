// Whole proofs as files: written by fxn challenge run, read by fxn challenge verify.
import { writeFileSync } from "node:fs";
import { z } from "zod";
import { FxnError, messageOf } from "../../src/core/errors.ts";
import { readSmallFile } from "../../src/lib/small-file.ts";
import { type ProofRecord, proofRecord } from "../../src/scheduler/proof-record.ts";

export class ProofFileError extends FxnError<"proof_file_invalid" | "proof_file_unwritable"> {}

/** A proof of the largest matrices has some MB. */
const MOST_BYTES = 100_000_000;

/** Throws ProofFileError. */
export function saveProof(path: string, record: ProofRecord): void {
  try {
    writeFileSync(path, JSON.stringify(record));
  } catch (cause) {
    throw new ProofFileError("proof_file_unwritable", 500, `${path} could not be written: ${messageOf(cause)}`, {
      cause,
    });
  }
}

/** Throws ProofFileError. */
export function readText(path: string): string {
  try {
    return readSmallFile(path, { mostBytes: MOST_BYTES, orPipe: true }).toString("utf8");
  } catch (cause) {
    throw invalid(`${path} could not be read: ${messageOf(cause)}`, cause);
  }
}

/** Throws ProofFileError that names the field at fault. */
export function parseProof(text: string): ProofRecord {
  try {
    return proofRecord.parse(JSON.parse(text));
  } catch (cause) {
    const issue = cause instanceof z.ZodError ? cause.issues[0] : undefined;
    const why = issue ? `${issue.path.join(".")}: ${issue.message}` : "it is not JSON";
    throw invalid(`this is no saved proof: ${why}`, cause);
  }
}

function invalid(message: string, cause: unknown): ProofFileError {
  const hint = "fxn challenge run MATRIX_PROOF --save FILE writes one.";
  return new ProofFileError("proof_file_invalid", 500, message, { cause, hint });
}
