// Pieces of work that come and go while others run.
import { expect, test } from "bun:test";
import { Crew } from "./crew.ts";

function piece(name: string, told: string[]) {
  return async (signal: AbortSignal) => {
    told.push(`${name} begins`);
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    await Bun.sleep(1);
    told.push(`${name} ends`);
  };
}

test("one that is added while it runs begins, one that leaves ends beside it, and all are waited for", async () => {
  const told: string[] = [];
  const crew = new Crew(() => expect.unreachable());
  const leave = crew.add(piece("first", told));
  expect(told).toEqual([]);
  const stopping = new AbortController();
  const running = crew.run(stopping.signal);
  crew.add(piece("second", told));
  leave();
  expect(told).toEqual(["first begins", "second begins"]);
  stopping.abort();
  await running;
  expect(told.slice(2).sort()).toEqual(["first ends", "second ends"]);
});

test("run again, it begins what is left: neither what has left nor what was done", async () => {
  const told: string[] = [];
  const failures: unknown[] = [];
  const crew = new Crew((error) => failures.push(error));
  crew.add(piece("stays", told));
  crew.add(piece("leaves", told))();
  crew.add(async () => void told.push("done"));
  crew.add(() => Promise.reject(new Error("fails")));
  for (let i = 0; i < 2; i++) {
    const stopping = new AbortController();
    const running = crew.run(stopping.signal);
    await Bun.sleep(1);
    stopping.abort();
    await running;
  }
  expect(told).toEqual(["stays begins", "done", "stays ends", "stays begins", "stays ends"]);
  expect(failures.map(String)).toEqual(["Error: fails"]);
});
