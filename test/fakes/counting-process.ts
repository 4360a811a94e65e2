// Helper process: counts in rows that it shares with others, as it is told by its arguments.
import { systemClock } from "../../src/core/clock.ts";
import { MappedRows } from "../../src/lib/shared-rows.ts";

const [path = "", processes, own, rounds, most] = process.argv.slice(2);
const rows = new MappedRows({
  path,
  processes: Number(processes),
  process: Number(own),
  clock: systemClock,
  elapsedMs: 0,
});
const { counter, words } = rows.row("places");
let entered = 0;
let highest = 0;
for (let i = 0; i < Number(rounds); i++) {
  if (!counter.enter(Number(most))) continue;
  entered++;
  highest = Math.max(highest, counter.total());
  words[0].update((sum) => sum + 1n);
  counter.leave();
}
process.stdout.write(JSON.stringify({ entered, highest }));
// One place stays taken: this process ends without giving it back.
rows.row("left behind").counter.enter(Number.POSITIVE_INFINITY);
