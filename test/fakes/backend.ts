// A model server without a network: every call and probe does what a test says.
import { BackendError, type BackendReply, type ModelBackend } from "../../src/core/backend.ts";
import type { Check } from "../../src/core/check.ts";

export class FakeBackend implements ModelBackend {
  readonly kind = "fake";
  readonly label: string;
  probes = 0;
  healthy = true;
  /** Replaces the answer to a probe, for one that takes its time. */
  onProbe: ((signal: AbortSignal) => Promise<void>) | undefined;

  constructor(label = "http://fake:1") {
    this.label = label;
  }

  async send(): Promise<BackendReply> {
    throw new BackendError("connect_failed", 502, `${this.label}: nobody there`);
  }

  async models(): Promise<readonly string[]> {
    return ["tiny"];
  }

  checks(): readonly Check[] {
    return [];
  }

  async probe(signal: AbortSignal): Promise<void> {
    this.probes++;
    if (this.onProbe) return this.onProbe(signal);
    if (!this.healthy) throw new BackendError("unhealthy", 502, `${this.label}: the health probe was answered 503`);
  }
}
