// The payload of MATRIX_MULTIPLICATION: two matrices row by row, or a size to make random ones of.
import { z } from "zod";
import { BACKEND_NAMES, type BackendName, type Precision, type Shape } from "../../src/core/compute.ts";

/** Of m, k and n; declared by the network's documents. */
const MAX_SIDE = 4096;

interface Matrix {
  readonly rows: number;
  readonly columns: number;
  /** Row-major. */
  readonly values: Float64Array;
}

/** What is asked, read and checked. */
export interface Task extends Shape {
  /** undefined: random ones are to be made. */
  readonly matrices: { readonly a: Float64Array; readonly b: Float64Array } | undefined;
  readonly backend: BackendName;
  readonly precision: Exclude<Precision, "int8">;
}

const side = z.int().min(1).max(MAX_SIDE);

/** Millions of numbers: zod's own arrays would take seconds, and its message would not say where the fault is. */
const matrix = z.unknown().transform((input, ctx): Matrix => {
  const refuse = (message: string, ...path: number[]): never => {
    ctx.issues.push({ code: "custom", input: undefined, message, path });
    return z.NEVER;
  };
  if (!Array.isArray(input)) return refuse("expected an array of rows of numbers");
  const rows: readonly unknown[] = input;
  const [first] = rows;
  if (!Array.isArray(first) || first.length === 0) return refuse("the matrix is empty: expected rows of numbers");
  const columns = first.length;
  for (const [what, count] of [
    ["rows", rows.length],
    ["columns", columns],
  ] as const) {
    if (count > MAX_SIDE) return refuse(`${count} ${what} are too many: at most ${MAX_SIDE}`);
  }
  const values = new Float64Array(rows.length * columns);
  for (const [i, row] of rows.entries()) {
    if (!Array.isArray(row)) return refuse("expected a row of numbers", i);
    if (row.length !== columns) return refuse(`the row has ${row.length} values, the first one has ${columns}`, i);
    for (let j = 0; j < columns; j++) {
      const value: unknown = row[j];
      if (typeof value !== "number" || !Number.isFinite(value)) return refuse("expected a finite number", i, j);
      values[i * columns + j] = value;
    }
  }
  return { rows: rows.length, columns, values };
});

/** Go's way with JSON: a field that is null is as if it were not there, unknown ones are passed over. */
const absent = z.null().transform(() => undefined);
const fields = z.object({
  A: z.union([absent, matrix]).optional(),
  B: z.union([absent, matrix]).optional(),
  matrixA: z.union([absent, matrix]).optional(),
  matrixB: z.union([absent, matrix]).optional(),
  size: z.union([absent, side]).optional(),
  backend: z.union([absent, z.enum(BACKEND_NAMES)]).optional(),
  precision: z.union([absent, z.enum(["float64", "float32"])]).optional(),
});

export const taskPayload = fields.transform((payload, ctx): Task => {
  const { backend = "auto", precision = "float64", size } = payload;
  const a = payload.A ?? payload.matrixA;
  const b = payload.B ?? payload.matrixB;
  const refuse = (field: string, message: string): never => {
    ctx.issues.push({ code: "custom", input: undefined, message, path: [field] });
    return z.NEVER;
  };
  if (!a && !b) {
    if (size === undefined) return refuse("A", "missing: expected A and B, or size");
    return { m: size, k: size, n: size, matrices: undefined, backend, precision };
  }
  if (!a) return refuse("A", "missing: B alone is no product");
  if (!b) return refuse("B", "missing: A alone is no product");
  if (a.columns !== b.rows) return refuse("B", `it has ${b.rows} rows, but A has ${a.columns} columns`);
  return { m: a.rows, k: a.columns, n: b.columns, matrices: { a: a.values, b: b.values }, backend, precision };
});
