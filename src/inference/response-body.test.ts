import { expect, test } from "bun:test";
import { FakeClock } from "../../test/fakes/clock.ts";
import { Deadlines } from "../lib/deadlines.ts";
import { responseBody } from "./response-body.ts";

async function* chunks(count: number): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < count; i++) yield Uint8Array.of(i);
}

test("a reader that stops reading loses its place after a minute; one that is only slow does not", async () => {
  const clock = new FakeClock();
  let left = 0;
  const reader = responseBody(chunks(3), () => left++, new Deadlines(clock)).getReader();
  await reader.read();
  await clock.advance(59_000);
  await reader.read();
  await clock.advance(59_000);
  expect(left).toBe(0);
  await clock.advance(1000);
  expect(left).toBe(1);
  expect(reader.read()).rejects.toThrow("stopped reading");
});

test("waiting for a slow source is no stall of the reader", async () => {
  const clock = new FakeClock();
  let left = 0;
  const gate = Promise.withResolvers<void>();
  async function* slow(): AsyncGenerator<Uint8Array> {
    await gate.promise;
    yield Uint8Array.of(1);
  }
  const reader = responseBody(slow(), () => left++, new Deadlines(clock)).getReader();
  const first = reader.read();
  await clock.advance(600_000);
  gate.resolve();
  expect((await first).value).toEqual(Uint8Array.of(1));
  expect(left).toBe(0);
});

test("a reader that goes away leaves at once", async () => {
  let left = 0;
  const reader = responseBody(chunks(3), () => left++, new Deadlines(new FakeClock())).getReader();
  await reader.read();
  await reader.cancel();
  expect(left).toBe(1);
});
