// What becomes of a reference node's engine: its model, its model server, and the Ollama that its owner's commands are for.
import { clean } from "../../lib/clean.ts";

interface WrittenEngine {
  readonly backend?: string | undefined;
  readonly ollamaHost?: string | undefined;
  readonly model?: string | undefined;
  readonly ollama_num_thread?: unknown;
}

/** Where each kind of model server listens when nobody says otherwise. */
const DEFAULT_SERVER: Readonly<Record<string, string>> = {
  ollama: "http://127.0.0.1:11434",
  vllm: "http://127.0.0.1:8000",
  llamacpp: "http://127.0.0.1:8080",
};
/** @param notes what cannot be carried over is added to them */
export function engineOf(engine: WrittenEngine, notes: string[]) {
  const { model, ollamaHost, backend: named } = engine;
  const known = named !== undefined && Object.hasOwn(DEFAULT_SERVER, named);
  if (engine.ollama_num_thread) {
    notes.push("engine.ollama_num_thread: not kept; set it in Ollama, with the model's num_thread");
  }
  if (named !== undefined && !known) {
    notes.push(`engine.backend: "${clean(named, 20)}" is not served; name a model server in model_backend.yaml`);
  }
  if (ollamaHost && named !== undefined && named !== "ollama") {
    notes.push("engine.ollamaHost: kept for model commands only, since the backend is another");
  }
  const host = ollamaHost ?? (named === "ollama" ? DEFAULT_SERVER.ollama : undefined);
  if (host !== undefined) {
    const obeyed = model === undefined ? "no model" : `${clean(model, 80)} alone`;
    notes.push(`model commands from afar: obeyed for ${obeyed}; allow others in networks.infernet.commands.models`);
  }
  const server = named === "ollama" || named === undefined ? ollamaHost : undefined;
  return {
    model,
    backend: known ? named : ollamaHost && named === undefined ? "ollama" : undefined,
    ollamaHost: host,
    server: server ?? (known ? DEFAULT_SERVER[named] : undefined),
  };
}
