// Portkey's gateway, from npm, run by Bun: on Node 20 all its streams end in an error (headers are "immutable").
import { existsSync } from "node:fs";
import { join } from "node:path";
import { chatRoute, type Gateway, run } from "./gateway.ts";
import { install } from "./install.ts";

const PACKAGE = "@portkey-ai/gateway@1.15.2";
const start = (cache: string) =>
  join(cache, "portkey", "node_modules", "@portkey-ai", "gateway", "build", "start-server.js");

export const portkey: Gateway = {
  name: "Portkey",
  kind: "ai",
  async install(cache) {
    if (existsSync(start(cache))) return;
    const quiet = ["--ignore-scripts", "--no-audit", "--no-fund"];
    await install(["npm", "install", "--prefix", join(cache, "portkey"), ...quiet, PACKAGE]);
  },
  async start(place) {
    const command = [process.execPath, start(place.cache), `--port=${place.port}`, "--headless"];
    const { pid, stop } = run(place, command, { env: { NODE_ENV: "production" } });
    const headers = {
      Authorization: "Bearer none",
      "x-portkey-provider": "openai",
      "x-portkey-custom-host": `http://127.0.0.1:${place.upstream}/v1`,
    };
    return { pid, stop, route: chatRoute(place.port, { headers }) };
  },
};
