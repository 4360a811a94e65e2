// What fxn owes next to the other gateways, as rows with bounds.
import type { Row, Skipped } from "../comparison.ts";
import { failedAnswers, latency, type Result, rate, streaming } from "./result.ts";

const FIRST_TOKEN_US = 400;

export function gatewayBounds(results: readonly Result[]): (Row | Skipped)[] {
  const named = (name: string) => results.find((result) => result.name === name);
  const [ours, direct, nginx] = [named("fxn"), named("direct"), named("nginx")];
  if (!ours) return [{ what: "all bounds of fxn", why: "it did not start" }];
  const others = results.filter((result) => result.kind === "ai" && result !== ours);
  const failed = failedAnswers(ours);
  return [
    { what: "answers of fxn that failed", measured: String(failed), against: "0", ratio: failed, bound: { most: 0 } },
    ...(others.length > 0
      ? againstOthers(ours, others)
      : [{ what: "fxn against other AI gateways", why: "none could be started" }]),
    ...(nginx ? [rateAgainstNginx(ours, nginx)] : [{ what: "fxn against nginx", why: "it could not be started" }]),
    ...(direct
      ? firstTokens(ours, direct, nginx)
      : [{ what: "first token added over direct", why: "it could not be measured" }]),
  ];
}

function againstOthers(ours: Result, others: readonly Result[]): Row[] {
  const best = others.reduce((one, other) => (rate(other, 64) > rate(one, 64) ? other : one));
  return [
    {
      what: "requests/s, c=64, fxn verifying against the best AI gateway not verifying",
      measured: rate(ours, 64).toFixed(0),
      against: `${rate(best, 64).toFixed(0)} ${best.name}`,
      ratio: rate(ours, 64) / rate(best, 64),
      bound: { least: 2 },
    },
    ...(["p50", "p99"] as const).map((which) => {
      const quickest = others.reduce((one, other) =>
        latency(other, 10, which) < latency(one, 10, which) ? other : one,
      );
      return {
        what: `${which} at c=10 against the lowest of the AI gateways`,
        measured: `${latency(ours, 10, which).toFixed(0)} µs`,
        against: `${latency(quickest, 10, which).toFixed(0)} µs ${quickest.name}`,
        ratio: latency(ours, 10, which) / latency(quickest, 10, which),
        bound: { most: 1 },
      };
    }),
  ];
}

function rateAgainstNginx(ours: Result, nginx: Result): Row {
  return {
    what: "requests/s, c=64, against nginx",
    measured: rate(ours, 64).toFixed(0),
    against: `${rate(nginx, 64).toFixed(0)} nginx`,
    ratio: rate(ours, 64) / rate(nginx, 64),
    bound: { least: 0.2 },
  };
}

function firstTokens(ours: Result, direct: Result, nginx: Result | undefined): (Row | Skipped)[] {
  const added = (result: Result) => streaming(result, "firstToken", "p50") - streaming(direct, "firstToken", "p50");
  const what = "first token added over direct, p50 at c=10";
  const measured = `${added(ours).toFixed(0)} µs`;
  const rows: (Row | Skipped)[] = [
    { what, measured, against: `${FIRST_TOKEN_US} µs`, ratio: added(ours) / FIRST_TOKEN_US, bound: { most: 1 } },
  ];
  if (!nginx) return rows;
  const against = `${added(nginx).toFixed(0)} µs nginx`;
  // A proxy that adds nothing was not measured: the machine was busy.
  const ratio = added(nginx) > 0 ? added(ours) / added(nginx) : Number.NaN;
  return [...rows, { what, measured, against, ratio, bound: { most: 1.3 } }];
}
