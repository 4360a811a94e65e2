// Streams that are under way while something happens to the node: each goes on through it, and ends well after it.
import { type Behaviour, stream } from "../fakes/model-server.ts";

const EVERY_MS = 150;
const BEFORE = 10;
const AFTER = 5;

/** @returns how the model server streams, and `happened`, without which no stream comes to its end */
export function streamsAcross(): { behave: Behaviour; happened(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const behave: Behaviour = (received, response) => {
    let sent = 0;
    const pace = async () => {
      if (++sent === BEFORE) await promise;
    };
    return stream({ tokens: BEFORE + AFTER, everyMs: EVERY_MS, pace })(received, response);
  };
  return { behave, happened: () => resolve() };
}
