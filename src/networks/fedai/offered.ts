// What this node offers: its models as they are now, with what the settings say of them; nothing is invented.
import type { ModelCard } from "../../core/inference.ts";
import type { Capability } from "./payloads.ts";
import type { FedaiSettings } from "./settings.ts";

export interface OfferedModel {
  readonly id: string;
  /** Tokens of prompt and answer together. */
  readonly contextWindow: number;
  readonly maxTokens: number;
}

export function offeredModels(settings: FedaiSettings, cards: readonly ModelCard[]): readonly OfferedModel[] {
  const { offered, models, limits } = settings;
  return cards
    .filter(({ id }) => id !== "" && (offered.length === 0 || offered.includes(id)))
    .map(({ id }) => {
      const known = models.find((model) => model.id === id);
      const contextWindow = known?.contextWindow ?? settings.contextWindow;
      const most = Math.min(known?.maxTokens ?? contextWindow, limits.tokens ?? contextWindow);
      return { id, contextWindow, maxTokens: Math.min(contextWindow, most) };
    });
}

/** As routers are told of it. */
export function capabilityOf(settings: FedaiSettings, { id, contextWindow, maxTokens }: OfferedModel): Capability {
  const { prices, latencyEstimate, jobTypes } = settings;
  return {
    modelId: id,
    contextWindow,
    maxTokens,
    pricing: { unit: prices.unit, inputRate: prices.input, outputRate: prices.output, currency: "SAT" },
    ...(latencyEstimate !== undefined && { latencyEstimateMs: latencyEstimate }),
    ...(jobTypes.length > 0 && { jobTypes }),
  };
}
