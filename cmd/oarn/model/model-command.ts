// What commands for models share: which Ollama server is meant, and how it is asked.
import { Option, UsageError } from "clipanion";
import { systemClock } from "../../../src/core/clock.ts";
import { createFetch } from "../../../src/lib/fetch.ts";
import { isModelName, type OllamaPorts } from "../../../src/lib/ollama.ts";
import { loadConfig } from "../../../src/networks/config.ts";
import { FxnCommand } from "../../base.ts";

/** Where Ollama listens unless it is told otherwise. */
const USUAL = "http://127.0.0.1:11434";

export abstract class ModelCommand extends FxnCommand {
  url = Option.String("--url", {
    description: `The Ollama server. Default: the first of model_backend.yaml, else ${USUAL}`,
  });

  protected async ollama(): Promise<OllamaPorts> {
    const fetch = createFetch(systemClock);
    if (this.url !== undefined) {
      if (!/^https?:\/\//.test(this.url) || !URL.canParse(this.url))
        throw new UsageError("--url takes a URL that starts with http:// or https://");
      return { fetch, base: this.url };
    }
    const { models } = await loadConfig({ home: this.homeDir(), env: this.context.env });
    const server = models?.models.flatMap(({ backends }) => backends).find((one) => one.provider === "ollama");
    if (server?.provider !== "ollama") return { fetch, base: USUAL };
    const { url, apiKey, bearerToken } = server;
    const headers: Record<string, string> = apiKey
      ? { "x-api-key": apiKey.reveal() }
      : bearerToken
        ? { authorization: `Bearer ${bearerToken.reveal()}` }
        : {};
    return { fetch, base: url, headers };
  }

  /** @throws UsageError */
  protected named(name: string): string {
    if (isModelName(name)) return name;
    throw new UsageError(`NAME: "${name}" is no model's name, such as llama3.2:3b`);
  }
}
