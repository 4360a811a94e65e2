// Events that wait to be sent: each word is one, until so many are made or wait that words which wait together become one.
import type { JobEvent } from "./routes.ts";

/** A batch holds 200, and the last event goes with what waits. */
const MOST_WAITING = 199;
/** Of one job. A public stream may show a thousand: a long answer is told in larger pieces, so that it shows them all for longer. */
const MOST_SINGLE = 500;

export class EventQueue {
  #events: JobEvent[] = [];
  #pieces = 0;
  #made = 0;

  /** How many were added since the last were taken. */
  get pieces(): number {
    return this.#pieces;
  }

  add(event: JobEvent): void {
    this.#pieces++;
    const before = this.#events.at(-1);
    const full = this.#events.length >= MOST_WAITING || this.#made >= MOST_SINGLE;
    if (full && event.event_type === "token" && before?.event_type === "token") {
      this.#events.splice(-1, 1, { event_type: "token", data: { text: before.data.text + event.data.text } });
      return;
    }
    this.#made++;
    this.#events.push(event);
  }

  takeAll(): JobEvent[] {
    this.#pieces = 0;
    return this.#events.splice(0);
  }
}
