// Metrics of challenges: how many, how they ended, how long they took.
import { Counter, Histogram, type Registry } from "prom-client";

export function challengeMetrics(register: Registry) {
  const registers = [register];
  return {
    total: new Counter({
      name: "fxn_challenge_total",
      help: "Challenges by type and outcome.",
      labelNames: ["type", "outcome"],
      registers,
    }),
    seconds: new Histogram({
      name: "fxn_challenge_duration_seconds",
      help: "How long challenges took.",
      labelNames: ["type"],
      buckets: [0.001, 0.005, 0.025, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120],
      registers,
    }),
  };
}

export type ChallengeMetrics = ReturnType<typeof challengeMetrics>;
