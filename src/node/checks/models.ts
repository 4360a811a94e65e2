// Whether there is anything to serve.
import { type CheckKind, fail, ok } from "../../core/check.ts";
import { VALID } from "./config.ts";
import type { Surroundings } from "./surroundings.ts";

export const MODELS = "models.configured";

export const MODEL_CHECKS: readonly CheckKind<Surroundings>[] = [
  {
    id: MODELS,
    title: "There is a model to serve",
    looksAt: "Whether model_backend.yaml names a model.",
    mend: "Write it: fxn init --backend URL looks which models a server has.",
    after: [VALID],
    async run({ config }) {
      const models = (await config()).models?.models ?? [];
      if (models.length > 0) return ok(models.map(({ id }) => id || "any, on one server").join(", "));
      return fail("no model is configured", "Write model_backend.yaml: fxn init --backend URL");
    },
  },
];
