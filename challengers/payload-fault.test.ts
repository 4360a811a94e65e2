import { describe, expect, test } from "bun:test";
import { z } from "zod";
import { payloadFault } from "./payload-fault.ts";

const either = z.union([
  z.strictObject({ rows: z.array(z.array(z.number())) }),
  z.strictObject({ size: z.int().max(8) }),
]);

function fault(schema: z.ZodType, payload: unknown): string {
  const { error } = schema.safeParse(payload);
  return payloadFault(error);
}

describe("what is said of a payload at fault", () => {
  test("the field, by its path", () => {
    expect(fault(either, { rows: [[1, "x"]] })).toStartWith("payload.rows.0.1: ");
    expect(fault(either, { size: 9 })).toStartWith("payload.size: ");
    expect(fault(either, "x")).toStartWith("payload: ");
    expect(fault(z.object({ inner: either }), { inner: { size: 9 } })).toStartWith("payload.inner.size: ");
  });

  test("a field that is not known, by its own name, cut when it is long", () => {
    const strict = z.object({ inner: z.strictObject({}) });
    expect(fault(strict, { inner: { extra: 1 } })).toBe("payload.inner.extra: not known here");
    expect(fault(z.strictObject({}), { ["k".repeat(1e6)]: 1 })).toHaveLength(80 + "…: not known here".length);
  });

  test("what the schema did not say is not shown", () => {
    expect(payloadFault(new Error("secret"))).toBe("payload: not understood");
    expect(payloadFault(undefined)).toBe("payload: not understood");
  });
});
