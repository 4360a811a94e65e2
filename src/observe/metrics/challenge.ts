// Metrics of challenges: how many, how they ended, how long they took.
import { Counter, exponentialBuckets, Gauge, Histogram, type Registry } from "prom-client";
import type { ProductFacts } from "../../core/compute.ts";

export function challengeMetrics(register: Registry) {
  const registers = [register];
  const labelNames = ["type", "outcome"] as const;
  return {
    /** By who sent them. */
    total: {
      scheduler: new Counter({
        name: "fxn_challenge_total",
        help: "Challenges of schedulers by type and outcome: ok, refused (itself at fault), failed (this node was).",
        labelNames,
        registers,
      }),
      rehearsal: new Counter({
        name: "fxn_challenge_rehearsals_total",
        help: "The same for rehearsals: the operator's own challenges, by a throw-away key. They count for nobody else.",
        labelNames,
        registers,
      }),
    },
    seconds: new Histogram({
      name: "fxn_challenge_duration_seconds",
      help: "How long challenges took, by what computed them: cpu, cuda, webgpu, metal; none where nothing was.",
      labelNames: ["type", "device"],
      buckets: [0.001, 0.005, 0.025, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600],
      registers,
    }),
  };
}

export type ChallengeMetrics = ReturnType<typeof challengeMetrics>;

/** Matrix products, under the Go node's names, buckets and units. The result counts one. */
export function productMetrics(register: Registry): (facts: ProductFacts) => void {
  const registers = [register];
  const duration = new Histogram({
    name: "challenge_matrix_mult_duration_ms",
    help: "How long the multiplication of a MATRIX_MULTIPLICATION challenge took.",
    buckets: exponentialBuckets(1, 2, 15),
    registers,
  });
  const backends = new Counter({
    name: "challenge_matrix_mult_backend_total",
    help: "Products by the backend that ran.",
    labelNames: ["backend"],
    registers,
  });
  // Made with the first product: a gauge begins at 0, which would be a product that there never was.
  let last: { size: Gauge; gflops: Gauge } | undefined;
  return (facts) => {
    last ??= {
      size: new Gauge({ name: "challenge_matrix_mult_size", help: "Rows of A of the last product.", registers }),
      gflops: new Gauge({ name: "challenge_matrix_mult_gflops", help: "Rate of the last product.", registers }),
    };
    duration.observe(facts.computeMs);
    last.size.set(facts.size);
    last.gflops.set(facts.gflops);
    backends.inc({ backend: facts.backend });
  };
}
