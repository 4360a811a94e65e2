// GoModel, built by Go from its module.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { chatRoute, type Gateway, run } from "./gateway.ts";
import { install } from "./install.ts";

const PACKAGE = "github.com/enterpilot/gomodel/cmd/gomodel@latest";
const program = (cache: string) => join(cache, "go", "gomodel");

export const gomodel: Gateway = {
  name: "GoModel",
  kind: "ai",
  async install(cache) {
    if (!existsSync(program(cache))) await install(["go", "install", PACKAGE], { GOBIN: join(cache, "go") });
  },
  async start(place) {
    const env = {
      PORT: String(place.port),
      OPENAI_API_KEY: "none",
      OPENAI_BASE_URL: `http://127.0.0.1:${place.upstream}/v1`,
      GOMODEL_OFFLINE: "true",
    };
    const { pid, stop } = run(place, [program(place.cache)], { env });
    return { pid, stop, route: chatRoute(place.port) };
  },
};
