// Work for the end of this turn of the event loop, done together.

let waiting: (() => void)[] = [];

/** What is called here in one turn runs in one go, when all that has come in by now was handled. It must not throw. */
export function atEndOfTurn(work: () => void): void {
  if (waiting.push(work) > 1) return;
  setImmediate(() => {
    const due = waiting;
    waiting = [];
    for (const each of due) each();
  });
}
