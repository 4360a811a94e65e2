import { expect, test } from "bun:test";
import { atEndOfTurn } from "./end-of-turn.ts";

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

test("what is called in one turn runs in order at its end; what that calls runs in the next", async () => {
  const ran: string[] = [];
  atEndOfTurn(() => {
    ran.push("a");
    atEndOfTurn(() => ran.push("c"));
  });
  atEndOfTurn(() => ran.push("b"));
  await Promise.resolve();
  expect(ran).toEqual([]);
  await turn();
  expect(ran).toEqual(["a", "b"]);
  await turn();
  expect(ran).toEqual(["a", "b", "c"]);
});
