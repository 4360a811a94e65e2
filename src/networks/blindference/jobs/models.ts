// Which of the network's models this node can really run: named by the operator, there at a model server, and that answers.
import type { ModelCard } from "../../../core/inference.ts";
import type { ModelServer } from "../../ports.ts";
import { formOf, type PromptForm } from "../prompt-forms.ts";

export interface Runnable {
  /** What the model server is asked for. */
  readonly served: string;
  readonly form: PromptForm;
}

export interface ModelPorts {
  models(): readonly ModelCard[];
  modelServers(): readonly ModelServer[];
}

export class Models {
  readonly #named: readonly string[];
  readonly #ports: ModelPorts;

  constructor(named: readonly string[], ports: ModelPorts) {
    this.#named = [...new Set(named)];
    this.#ports = ports;
  }

  /** What the ICL is told; what cannot be run is not among them. */
  get advertised(): readonly string[] {
    return this.#named.filter((id) => typeof this.find(id) !== "string");
  }

  /** Of those that are named, why each cannot be run. */
  get problems(): readonly string[] {
    return this.#named.map((id) => this.find(id)).filter((found) => typeof found === "string");
  }

  /** A text says why not. */
  find(id: string): Runnable | string {
    if (!this.#named.includes(id)) return "it is not among networks.blindference.models";
    const form = formOf(id);
    const names = [id, id.slice(form.prefix.length)];
    const card = this.#ports.models().find((one) => names.includes(one.id) && one.routes.includes(form.route));
    if (!card) return `no model server has ${names.at(-1)} at ${form.route}`;
    const servers = this.#ports.modelServers().filter(({ names: known }) => known.includes(card.id));
    if (servers.some(({ works }) => works)) return { served: card.id, form };
    return `the model server of ${card.id} does not answer`;
  }
}
