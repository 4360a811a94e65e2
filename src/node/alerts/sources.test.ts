// What is told without a monitoring system is what Prometheus' rules tell: each alert of the table has a check that is asked.
import { describe, expect, test } from "bun:test";
import { FakeClock } from "../../../test/fakes/clock.ts";
import { backend, InferenceRig, oneModel } from "../../../test/fakes/inference-rig.ts";
import { modelServerChecks } from "../../inference/checks.ts";
import { ALERT_RULES } from "../../observe/alerts/rules.ts";
import { Lately } from "../activity/lately.ts";
import { CHECK_TEXTS } from "../checks/index.ts";
import { alertSources, type SourcesPorts } from "./sources.ts";

const clock = new FakeClock();
const session = ["session", "ready"].map((id) => ({ id: `toy.${id}`, title: "", run: () => expect.unreachable() }));
const ports: SourcesPorts = {
  ...{ home: "/nonexistent", version: "1.0.0", env: {}, clock },
  inference: {
    checks: () => modelServerChecks({ upstreams: [], pools: [], catchAll: false, probeTimeout: 5000, clock }),
  },
  networks: () => [{ checks: () => session }],
  seen: {
    challenges: () => [],
    lately: new Lately(clock),
    died: () => 0,
    reloadError: () => undefined,
    release: () => undefined,
  },
  status: () => expect.unreachable(),
};
const sources = alertSources(ports);
const asked = sources.flatMap(({ checks }) => checks().map(({ id }) => id));

/** Why no check of a node's own can tell it. */
const NOT_BY_ITSELF: Readonly<Record<string, string>> = {
  FxnDown: "what has ended tells nothing: the dead-man ping does",
  FxnDiskFills: "a node does not keep what was free for hours: it says when little is",
};

/** The alerts that were promised, in the words of the promise. */
const PROMISED: Readonly<Record<string, readonly string[]>> = {
  "not ready 2 m": ["FxnNotReady"],
  "registry age > 3 polls": ["FxnRegistryOld"],
  "all backends of a model down": ["FxnModelDown"],
  "auth rejects jump (split replay / window / unknown caller)": [
    ...["FxnReplays", "FxnSignedTimesRefused", "FxnUnknownCallers"],
  ],
  "challenge failures > 0": ["FxnChallengesFail"],
  "p95 first token": ["FxnFirstTokenSlow"],
  "queue near limit": ["FxnQueueNearLimit"],
  "clock skew > 5 s": ["FxnClockWrong"],
  disk: ["FxnDiskLow"],
  "key file mode": ["FxnKeyExposed"],
  "update available with a security flag": ["FxnSecurityUpdate"],
};

describe("each alert has a rule of Prometheus and is told without it, linked to the doctor check that explains it", () => {
  test.each(Object.entries(PROMISED))("%s", (_promise, names) => {
    for (const name of names) {
      const { check } = ALERT_RULES.find((rule) => rule.name === name) ?? expect.unreachable();
      expect(CHECK_TEXTS.map(({ id }) => id)).toContain(check);
      expect(asked).toContain(check);
    }
  });

  test("and so has every other rule, but for what a node cannot tell of itself", () => {
    const others = ALERT_RULES.filter(({ name }) => !(name in NOT_BY_ITSELF));
    const untold = others.filter(({ check }) => !asked.includes(check.replace("{{ $labels.network }}", "toy")));
    expect(untold.map(({ name }) => name)).toEqual([]);
    for (const name of Object.keys(NOT_BY_ITSELF)) expect(ALERT_RULES.map((rule) => rule.name)).toContain(name);
  });

  test("no check is asked by two sources; the prompt from end to end, which costs work, by none", () => {
    expect(new Set(asked).size).toBe(asked.length);
    expect(asked).not.toContain("prompt.answered");
  });

  test("llama.cpp's /metrics are never asked: each look begins the averages of its gauges anew, the operator's own too", () => {
    const models = oneModel(backend("http://127.0.0.1:1", { provider: "llamacpp" }));
    const rig = new InferenceRig(models);
    const ofKind = (checks: readonly { id: string }[]) =>
      checks.map(({ id }) => id).filter((id) => id.startsWith("backend.llamacpp."));
    const alerts = alertSources({ ...ports, inference: rig.inference }).flatMap(({ checks }) => checks());
    rig.stop();
    const [key, queue, context] = ofKind(rig.inference.checks());
    expect(queue).toBe("backend.llamacpp.queue");
    expect(ofKind(alerts)).toEqual([key, context].map(String));
  });
});
