// npm run bench [-- name …]: runs the comparisons, prints a table for each, and fails when a bound is missed.
import { cpus, loadavg } from "node:os";
import { table } from "../../cmd/table.ts";
import { coldStart } from "./cold-start.ts";
import { type Comparison, missed, type Row } from "./comparison.ts";
import { cpuAgainstOpenBlas } from "./cpu-engine.ts";
import { cudaAgainstCublas } from "./cuda.ts";
import { gatewayComparison } from "./gateways/compare.ts";
import { nonceGrowth } from "./nonce-growth.ts";
import { proofCheck } from "./proof-check.ts";
import { proxyLatency } from "./proxy-latency.ts";
import { registryGrowth } from "./registry-growth.ts";
import { signatures } from "./signature.ts";
import { manyStreams } from "./streams.ts";
import { upstream } from "./upstream.ts";
import { workers } from "./workers.ts";

const COMPARISONS: readonly Comparison[] = [
  signatures,
  cpuAgainstOpenBlas,
  proofCheck,
  proxyLatency,
  upstream,
  gatewayComparison,
  workers,
  manyStreams,
  registryGrowth,
  nonceGrowth,
  coldStart,
  cudaAgainstCublas,
];

const named = process.argv.slice(2);
const unknown = named.filter((name) => !COMPARISONS.some((one) => one.name === name));
if (unknown.length > 0) {
  console.error(`no comparison ${unknown.join(", ")}; there are ${COMPARISONS.map(({ name }) => name).join(", ")}`);
  process.exit(2);
}

let anyMissed = false;
console.log(`${new Date().toISOString().slice(0, 10)}, ${cpus().length} × ${cpus()[0]?.model.trim()}`);
for (const { name, about, run } of COMPARISONS.filter((one) => named.length === 0 || named.includes(one.name))) {
  const rows = await run();
  console.log(`\n${name}: ${about} (load ${loadavg()[0]?.toFixed(1)})`);
  for (const row of rows) if ("lines" in row) console.log(table(row.head, row.lines));
  const measured = rows.filter((row) => "ratio" in row);
  if (measured.length > 0) console.log(table(["", "measured", "against", "ratio", "bound", ""], measured.map(cells)));
  for (const row of rows) if ("why" in row) console.log(`skipped: ${row.what}: ${row.why}`);
  if (measured.some(missed)) anyMissed = true;
}
process.exit(anyMissed && !process.env.FXN_BENCH_REPORT_ONLY ? 1 : 0);

function cells(row: Row): string[] {
  const { what, measured, against, ratio, bound } = row;
  const wanted = bound ? ("least" in bound ? `≥ ${bound.least}` : `≤ ${bound.most}`) : "";
  return [what, measured, against, ratio.toFixed(3), wanted, bound ? (missed(row) ? "MISSED" : "ok") : ""];
}
