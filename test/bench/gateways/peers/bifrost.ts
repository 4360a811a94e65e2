// Bifrost, built by Go from its module, with its configuration in a file and no database.
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { chatRoute, type Gateway, run } from "./gateway.ts";
import { install } from "./install.ts";

const PACKAGE = "github.com/maximhq/bifrost/transports/bifrost-http@latest";
const program = (cache: string) => join(cache, "go", "bifrost-http");

export const bifrost: Gateway = {
  name: "Bifrost",
  kind: "ai",
  async install(cache) {
    if (!existsSync(program(cache))) await install(["go", "install", PACKAGE], { GOBIN: join(cache, "go") });
  },
  async start(place) {
    writeFileSync(join(place.folder, "config.json"), configuration(place.upstream));
    const words = ["-app-dir", place.folder, "-host", "127.0.0.1", "-port", String(place.port)];
    const { pid, stop } = run(place, [program(place.cache), ...words]);
    return { pid, stop, route: chatRoute(place.port, { model: "openai/tiny" }) };
  },
};

function configuration(upstream: number): string {
  return JSON.stringify({
    providers: {
      openai: {
        keys: [{ name: "bench", value: "none", models: ["*"], weight: 1 }],
        network_config: { base_url: `http://127.0.0.1:${upstream}` },
      },
    },
    config_store: { enabled: false },
  });
}
