import { expect, test } from "bun:test";
import { Registry } from "prom-client";
import { productMetrics } from "./challenge.ts";

test("products under the Go node's names: 15 buckets from 1 ms, and nothing before the first one", async () => {
  const register = new Registry();
  const observe = productMetrics(register);
  const before = await register.metrics();
  expect(before).not.toMatch(/^challenge_matrix_mult_(size|gflops)/m);
  observe({ size: 1024, computeMs: 3, gflops: 700, backend: "cuda" });
  const text = await register.metrics();
  expect(text).toContain('challenge_matrix_mult_duration_ms_bucket{le="2"} 0');
  expect(text).toContain('challenge_matrix_mult_duration_ms_bucket{le="4"} 1');
  expect(text).toContain('challenge_matrix_mult_duration_ms_bucket{le="16384"} 1');
  expect(text).toContain("challenge_matrix_mult_size 1024");
  expect(text).toContain("challenge_matrix_mult_gflops 700");
  expect(text).toContain('challenge_matrix_mult_backend_total{backend="cuda"} 1');
});
