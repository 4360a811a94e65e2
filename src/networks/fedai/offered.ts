// What this node offers: its models as they are now, with what the settings say of them; nothing is invented.
import type { ModelCard } from "../../core/inference.ts";
import type { Capability } from "./payloads.ts";
import type { FedaiSettings } from "./settings.ts";

export interface OfferedModel {
  readonly id: string;
  /** Tokens of prompt and answer together. */
  readonly contextWindow: number;
  readonly maxTokens: number;
  /** A prompt is said to it, not continued by it. */
  readonly chat: boolean;
  /** It may be said to it where its servers turn out to continue no text. */
  readonly orChat: boolean;
}

const COMPLETION = "/v1/completions";
const CHAT = "/v1/chat/completions";
/** Such servers' models answer; hardly any of them continues a text. */
const ANSWERING: readonly string[] = ["openai", "anthropic"];

export function offeredModels(settings: FedaiSettings, cards: readonly ModelCard[]): readonly OfferedModel[] {
  const { offered, models, limits } = settings;
  return cards
    .filter(({ id }) => id !== "" && (offered.length === 0 || offered.includes(id)))
    .flatMap((card) => {
      const { id } = card;
      const route = routeOf(card, settings.mode);
      if (!card.routes.includes(route)) return [];
      const known = models.find((model) => model.id === id);
      const contextWindow = known?.contextWindow ?? settings.contextWindow;
      const most = Math.min(known?.maxTokens ?? contextWindow, limits.tokens ?? contextWindow);
      const chat = route === CHAT;
      const orChat = settings.mode === "auto" && card.routes.includes(CHAT);
      return [{ id, contextWindow, maxTokens: Math.min(contextWindow, most), chat, orChat }];
    });
}

/** Where a prompt for it would go. */
function routeOf({ routes, kinds }: ModelCard, mode: FedaiSettings["mode"]): string {
  if (mode !== "auto") return mode === "chat" ? CHAT : COMPLETION;
  const answers = routes.includes(CHAT) && kinds.some((kind) => ANSWERING.includes(kind));
  return answers || !routes.includes(COMPLETION) ? CHAT : COMPLETION;
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
