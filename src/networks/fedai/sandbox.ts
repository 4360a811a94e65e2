// The sandbox policy: what must hold before this network serves anybody. It is looked at once, and changes nothing by itself.
import { allowedOrigin } from "../../lib/allowed-origin.ts";
import type { ModelServer } from "../ports.ts";
import { FedaiError } from "./errors.ts";
import type { FedaiSettings } from "./settings.ts";

/** @throws FedaiError that names what does not hold */
export function checkSandbox(
  { sandbox, limits }: Pick<FedaiSettings, "sandbox" | "limits">,
  servers: readonly ModelServer[],
): void {
  if (sandbox.mode === "disabled") return;
  const [lack] = policyLacks({ sandbox, limits });
  if (lack) throw violation(lack.word, lack.message);
  for (const { kind, origin } of servers) {
    if (!sandbox.runners.includes(kind)) throw violation("sandbox-runner-not-allowed", `a model server is ${kind}`);
    // A program that the node starts has no endpoint.
    if (kind !== "process" && sandbox.endpoints.length > 0 && !allowedOrigin(origin, sandbox.endpoints)) {
      throw violation("sandbox-endpoint-not-allowed", `a model server is at ${origin}`);
    }
  }
}

interface Lack {
  readonly word: string;
  readonly setting: string;
  readonly message: string;
}

/** What the policy wants of settings, whatever model servers there are. */
export function policyLacks({ sandbox, limits }: Pick<FedaiSettings, "sandbox" | "limits">): readonly Lack[] {
  if (sandbox.mode === "disabled") return [];
  const noLimits = limits.promptBytes === undefined || limits.tokens === undefined;
  return [
    ...(sandbox.runners.length === 0
      ? [{ word: "sandbox-allowlist-empty", setting: "sandbox.runners", message: "sandbox.runners names no kind" }]
      : []),
    ...(noLimits
      ? [
          {
            word: "sandbox-limits-missing",
            setting: "limits",
            message: "limits.promptBytes and limits.tokens must be set where sandbox.mode is restricted",
          },
        ]
      : []),
  ];
}

function violation(word: string, message: string): FedaiError {
  return new FedaiError(word, 500, `the sandbox policy does not hold: ${message}`, {
    hint: "See networks.fedai.sandbox and model_backend.yaml.",
  });
}
