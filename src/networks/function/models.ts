// GET and POST /v1/models and /v1/models/{id}, in the Function Network's form.
import type { ModelCard } from "../../core/inference.ts";
import { FunctionError } from "./errors.ts";

interface WireModel {
  id: string;
  object: "model";
  created: number;
  owned_by: "fxn";
  fxn_id: string;
}

function wireModel({ id, created }: ModelCard): WireModel {
  return { id, object: "model", created, owned_by: "fxn", fxn_id: id };
}

export function listModels(cards: readonly ModelCard[]): Response {
  return Response.json({ object: "list", data: cards.map(wireModel) });
}

/** @param path "/v1/models/{id}"; an id may itself hold slashes, plain or percent-encoded */
export function getModel(cards: readonly ModelCard[], path: string): Response {
  const id = decoded(path.slice("/v1/models/".length));
  const card = cards.find((candidate) => candidate.id === id);
  if (!card) throw new FunctionError("model_not_found", 404, `The model '${id}' does not exist`);
  return Response.json(wireModel(card));
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
