// What the work on jobs needs of the node and of the session.
import type { Clock } from "../../core/clock.ts";
import type { Log } from "../../core/log.ts";
import type { TextPort } from "../../core/text.ts";
import type { NetworkMetrics } from "../../observe/metrics/network.ts";
import type { Bench } from "./bench.ts";
import type { ControlPlane } from "./control-plane.ts";

export interface JobPorts {
  readonly plane: ControlPlane;
  readonly text: TextPort;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: NetworkMetrics;
  readonly bench: Bench;
  random(): number;
  /** Aborts when the node has ended and nothing can be sent any more. */
  readonly life: AbortSignal;
  /** Before the first repetition of what was not answered; it doubles. */
  readonly retryMs: number;
}
