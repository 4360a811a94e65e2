// Events that wait to be sent; words that wait together are one event, so that the public stream shows them all for longer.
import type { JobEvent } from "./routes.ts";

export class EventQueue {
  #events: JobEvent[] = [];
  #pieces = 0;

  /** How many were added since the last were taken. */
  get pieces(): number {
    return this.#pieces;
  }

  add(event: JobEvent): void {
    this.#pieces++;
    const before = this.#events.at(-1);
    if (event.event_type !== "token" || before?.event_type !== "token") this.#events.push(event);
    else this.#events.splice(-1, 1, { event_type: "token", data: { text: before.data.text + event.data.text } });
  }

  takeAll(): JobEvent[] {
    this.#pieces = 0;
    return this.#events.splice(0);
  }
}
