// The body as one model server gets it: its own model name, and a request for token counts; all else as it came.
import type { BackendConfig } from "../config/models-schema.ts";
import { editTopLevel, topLevelValue } from "../lib/json-edit.ts";
import { quickEdit } from "../lib/json-quick-edit.ts";
import { COMPLETION_ROUTES, type InferenceRequest, isObject } from "./request.ts";

export interface OutgoingBody {
  readonly body: Uint8Array;
  /** The caller did not ask for the chunk that carries the token counts. */
  readonly dropUsage: boolean;
}

/** @param modelName what the body's model becomes unless the backend has a name of its own; undefined leaves it */
export function outgoingBody(
  call: { readonly path: string; readonly body: Uint8Array },
  request: InferenceRequest,
  backend: BackendConfig,
  modelName: string | undefined,
): OutgoingBody {
  const { json, text, stream } = request;
  if (!json) return { body: call.body, dropUsage: false };
  const members: Record<string, string> = {};
  const name = backend.model ?? modelName;
  if (name !== undefined) members.model = JSON.stringify(name);
  const canAsk = stream && backend.streamUsage && COMPLETION_ROUTES.includes(call.path);
  const options = canAsk ? optionsWithUsage(call.body, json.stream_options) : undefined;
  if (options !== undefined) members.stream_options = options;
  const edited = text === undefined ? undefined : quickEdit(text, json, members);
  const body =
    edited === undefined ? editTopLevel(call.body, members) : edited === text ? call.body : Buffer.from(edited);
  return { body, dropUsage: options !== undefined };
}

/** JSON text that asks for usage; undefined when the caller already does, or wrote what only the backend may judge. */
function optionsWithUsage(body: Uint8Array, options: unknown): string | undefined {
  const ask = { include_usage: "true" };
  if (options === undefined || options === null) return `{"include_usage":true}`;
  if (!isObject(options) || options.include_usage === true) return undefined;
  const raw = topLevelValue(body, "stream_options");
  return raw && Buffer.from(editTopLevel(raw, ask)).toString();
}
