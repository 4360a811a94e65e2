// A person at a terminal: runs a program on a real pseudo-terminal and types each answer when its question has come.

/** @returns exit code, and all that the terminal showed */
export async function typeTo(
  command: string[],
  steps: readonly (readonly [question: string, answer: string])[],
): Promise<{ code: number; shown: string }> {
  let [shown, read] = ["", 0];
  const waiting = [...steps];
  const run = Bun.spawn(command, {
    terminal: {
      data(terminal, data) {
        shown += Buffer.from(data).toString("utf8");
        const next = waiting[0];
        const at = next ? shown.indexOf(next[0], read) : -1;
        if (!next || at < 0) return;
        waiting.shift();
        // A question that comes again is answered when it does.
        read = at + next[0].length;
        // The terminal itself echoes until the program has put it into raw mode, just after the question.
        terminal.write(next[1]);
      },
    },
  });
  return { code: await run.exited, shown };
}
