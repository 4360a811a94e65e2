// Trace Context to the letter: what is one, what is none, and what later versions may add.
import { expect, test } from "bun:test";
import { parentOf, traceparent, tracestateOf } from "./traceparent.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT = "00f067aa0ba902b7";

test("a traceparent says the trace, the span before and whether it is sampled", () => {
  const header = `00-${TRACE}-${PARENT}-01`;
  expect(parentOf(header)).toEqual({ traceId: TRACE, spanId: PARENT, sampled: true });
  expect(parentOf(`00-${TRACE}-${PARENT}-00`)?.sampled).toBe(false);
  expect(parentOf(`00-${TRACE}-${PARENT}-02`)?.sampled).toBe(false);
  expect(parentOf(`cc-${TRACE}-${PARENT}-03-what-comes`)?.sampled).toBe(true);
  expect(traceparent({ traceId: TRACE, spanId: PARENT, sampled: true })).toBe(header);
});

test.each([
  null,
  "",
  `00-${TRACE}`,
  `00-${"0".repeat(32)}-${PARENT}-01`,
  `00-${TRACE}-${"0".repeat(16)}-01`,
  `ff-${TRACE}-${PARENT}-01`,
  `00-${TRACE.toUpperCase()}-${PARENT}-01`,
  `00-${TRACE}-${PARENT}-01-more`,
  `00-${TRACE}-${PARENT}-1`,
  ` 00-${TRACE}-${PARENT}-01x`,
  `00-${TRACE}-${PARENT}-01, 00-${TRACE}-${PARENT}-01`,
  "x".repeat(55),
])("a traceparent that is none: %p", (header) => {
  expect(parentOf(header)).toBeUndefined();
});

test("a tracestate is passed on as it is, unless it is too long or no text", () => {
  expect(tracestateOf("vendor=1,other=2")).toBe("vendor=1,other=2");
  for (const bad of [null, "", "a".repeat(513), "a=\u00e4"]) expect(tracestateOf(bad)).toBeUndefined();
});
