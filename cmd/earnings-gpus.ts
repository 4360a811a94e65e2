// Which GPUs a model server works on, as model_backend.yaml says now; and sums by model server, made sums by GPU.
import { labelOf } from "../src/config/backend-label.ts";
import type { ModelsConfig } from "../src/config/models-schema.ts";

/** "" of one whose GPUs nobody has named, and of a name that stands for several with different ones. */
export function gpusByBackend(models: ModelsConfig | undefined): (backend: string) => string {
  const all = models?.models.flatMap(({ backends }) => backends) ?? [];
  const byLabel = Map.groupBy(all, labelOf);
  return (backend) => {
    const said = new Set(byLabel.get(backend)?.map(({ gpus }) => gpus?.join(",") ?? ""));
    const [one] = said;
    return said.size === 1 ? (one ?? "") : "";
  };
}
