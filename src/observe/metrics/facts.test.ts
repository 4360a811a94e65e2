// What is not known has no series, and what is gone loses its own.
import { expect, test } from "bun:test";
import { Registry } from "prom-client";
import { clockMetrics } from "./clock.ts";
import { homeMetrics } from "./home.ts";
import { modelMetrics } from "./inference.ts";
import { earningsMetrics, sessionMetrics } from "./network.ts";
import { merged } from "./node.ts";

const samples = async (register: Registry) =>
  (await register.metrics()).split("\n").filter((line) => line !== "" && !line.startsWith("#"));

test("Absent data = absent series: the clock that nobody told, the disk that does not say, keys and models that are gone", async () => {
  const register = new Registry();
  let known = false;
  clockMetrics(register, () => (known ? -1500 : undefined));
  homeMetrics(register, {
    freeBytes: () => (known ? 7 : undefined),
    exposedKeys: (): Record<string, boolean> => (known ? { node: false, nostr: true } : {}),
  });
  modelMetrics(register, (): Record<string, boolean> => (known ? { tiny: true, large: false } : {}));
  sessionMetrics(register, (): Record<string, boolean> => (known ? { fedai: false } : {}));
  earningsMetrics(register, () => (known ? [{ network: "oarn", asset: "COMP", kind: "reward", amount: 1.5 }] : []));
  expect(await samples(register)).toEqual([]);
  known = true;
  expect(await samples(register)).toEqual([
    "fxn_clock_skew_seconds -1.5",
    "fxn_home_free_bytes 7",
    'fxn_key_file_exposed{key="node"} 0',
    'fxn_key_file_exposed{key="nostr"} 1',
    'fxn_model_up{model="tiny"} 1',
    'fxn_model_up{model="large"} 0',
    'fxn_network_session_up{network="fedai"} 0',
    'fxn_earnings_amount{network="oarn",asset="COMP",kind="reward"} 1.5',
  ]);
  known = false;
  expect(await samples(register)).toEqual([]);
});

test("of several processes: a model is down when one of them has no server for it, the clock is the mean of what was heard", async () => {
  const processes = [
    { skew: 2000, up: true },
    { skew: 4000, up: false },
    { skew: undefined, up: true },
  ].map(async ({ skew, up }) => {
    const register = new Registry();
    clockMetrics(register, () => skew);
    modelMetrics(register, () => ({ tiny: up }));
    return register.getMetricsAsJSON();
  });
  const text = await merged(await Promise.all(processes));
  expect(text).toContain('fxn_model_up{model="tiny"} 0');
  expect(text).toMatch(/^fxn_clock_skew_seconds 3$/m);
});
