// Which configured model a request means, and what callers may ask for.
import type { ModelConfig, ModelsConfig } from "../config/models-schema.ts";
import type { ModelCard } from "../core/inference.ts";
import { InferenceError } from "./errors.ts";
import type { InferenceRequest } from "./request.ts";

/** What is shown of a name that the caller chose. */
const SHOWN_CHARACTERS = 128;

export class ModelTable {
  readonly #config: ModelsConfig;
  readonly #byName = new Map<string, ModelConfig>();

  constructor(config: ModelsConfig) {
    this.#config = config;
    for (const model of config.models) {
      for (const name of [model.id, ...model.aliases]) this.#byName.set(name, model);
    }
  }

  /** Every id and alias; @param created unix seconds */
  cards(created: number): ModelCard[] {
    return [...this.#byName]
      .filter(([id]) => id !== "")
      .map(([id, { backends }]) => ({
        ...{ id, created },
        routes: [...new Set(backends.flatMap(({ routes }) => routes))],
        kinds: [...new Set(backends.map(({ provider }) => provider))],
      }));
  }

  /** Throws InferenceError when the request names no model, or one that is not here. */
  resolve({ json, model }: InferenceRequest): ModelConfig {
    const [only, ...others] = this.#config.models;
    if (only && this.#config.catchAll) return only;
    if (model !== undefined) return this.#named(model);
    if (json) {
      throw new InferenceError("model_required", 400, "the field 'model' is missing: name one of GET /v1/models");
    }
    if (only && others.length === 0) return only;
    throw new InferenceError(
      "model_required",
      400,
      "this node has several models, and cannot tell which one a body that is not JSON is for",
    );
  }

  #named(name: string): ModelConfig {
    const found = this.#byName.get(name);
    if (found) return found;
    const shown = name.length > SHOWN_CHARACTERS ? `${name.slice(0, SHOWN_CHARACTERS)}…` : name;
    throw new InferenceError("model_not_found", 404, `The model '${shown}' does not exist`);
  }
}
