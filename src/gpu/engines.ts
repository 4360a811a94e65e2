// The engines of this machine: opened once, each proven, chosen by name; one that is named and missing is an error.
import { type BackendName, EngineError, type EngineKind, type Precision } from "../core/compute.ts";
import { messageOf } from "../core/errors.ts";
import type { EngineFamily, EngineOptions, MatmulEngine } from "./engine.ts";
import { selfTest } from "./self-test.ts";

/** An engine that there is not, or that does not work. */
export interface MissingEngine {
  readonly kind: EngineKind;
  readonly why: string;
}

export class Engines {
  readonly #engines: MatmulEngine[] = [];

  /**
   * Adds a family's engines behind those that are there. Never throws: one that cannot be opened, or computes wrongly,
   * is missing, and says why.
   */
  async open({ kind, open }: EngineFamily, options: EngineOptions): Promise<readonly MissingEngine[]> {
    const missing: MissingEngine[] = [];
    try {
      for (const engine of await open(options)) {
        try {
          await selfTest(engine);
          this.#engines.push(engine);
        } catch (error) {
          engine.close();
          missing.push({ kind, why: messageOf(error) });
        }
      }
    } catch (error) {
      missing.push({ kind, why: messageOf(error) });
    }
    return missing;
  }

  all(): readonly MatmulEngine[] {
    return this.#engines;
  }

  /** Throws EngineError engine_missing or engine_precision; never another engine than the one named. */
  pick(name: BackendName, precision: Precision): MatmulEngine {
    const named = this.#engines.filter((engine) => answersTo(engine, name));
    const able = named.find(({ precisions }) => precisions.includes(precision));
    if (able) return able;
    const have = [...new Set(this.#engines.map(backendOf))].join(", ") || "none";
    if (named.length === 0) {
      throw new EngineError("engine_missing", 400, `payload.backend: there is no ${name} on this node; it has ${have}`);
    }
    throw new EngineError("engine_precision", 400, `payload.backend: ${name} on this node has no ${precision}`);
  }
}

/** What is reported as having run. */
export function backendOf({ kind, device }: MatmulEngine): BackendName {
  return kind === "webgpu" && device.api.startsWith("metal") ? "metal" : kind;
}

function answersTo(engine: MatmulEngine, name: BackendName): boolean {
  if (name === "auto") return true;
  if (name === "gpu") return engine.kind !== "cpu";
  return engine.kind === name || backendOf(engine) === name;
}
