// LiteLLM's proxy, from PyPI, in a virtual environment.
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { chatRoute, type Gateway, run } from "./gateway.ts";
import { install } from "./install.ts";

const PACKAGE = "litellm[proxy]==1.108.7";
/** It does not start without one. */
const KEY = `sk-${"bench".repeat(8)}`;
const program = (cache: string, name: string) => join(cache, "litellm", "bin", name);

export const litellm: Gateway = {
  name: "LiteLLM",
  kind: "ai",
  async install(cache) {
    if (existsSync(program(cache, "litellm"))) return;
    await install(["python3", "-m", "venv", join(cache, "litellm")]);
    await install([program(cache, "pip"), "install", "--quiet", "--disable-pip-version-check", PACKAGE]);
  },
  async start(place) {
    const file = join(place.folder, "config.yaml");
    writeFileSync(file, configuration(place.upstream));
    const words = ["--config", file, "--host", "127.0.0.1", "--port", String(place.port), "--num_workers", "1"];
    const env = { LITELLM_LOCAL_MODEL_COST_MAP: "True", LITELLM_TELEMETRY: "False", LITELLM_MASTER_KEY: KEY };
    const { pid, stop } = run(place, [program(place.cache, "litellm"), ...words], { env });
    return { pid, stop, route: chatRoute(place.port, { headers: { Authorization: `Bearer ${KEY}` } }) };
  },
};

function configuration(upstream: number): string {
  const params = { model: "openai/tiny", api_base: `http://127.0.0.1:${upstream}/v1`, api_key: "none" };
  return stringify({ model_list: [{ model_name: "tiny", litellm_params: params }] });
}
