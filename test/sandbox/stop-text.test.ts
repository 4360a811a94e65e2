// Stop sequences, however the tokens cut them.
import { expect, test } from "bun:test";
import fc from "fast-check";
import { StopText } from "./stop-text.ts";

function run(stops: readonly string[], pieces: readonly string[]): string {
  const text = new StopText(stops);
  return pieces.map((piece) => text.push(piece)).join("") + text.end();
}

test("text ends before the first stop sequence, also one that spans tokens", () => {
  expect(run(["END"], ["a E", "N", "D b"])).toBe("a ");
  expect(run(["END"], ["a E", "N", "ough"])).toBe("a ENough");
  expect(run(["b", "ab"], ["xa", "b"])).toBe("x");
  expect(run(["END"], ["a EN"])).toBe("a EN");
});

test("nothing that may become a stop sequence is shown early", () => {
  const text = new StopText([". the"]);
  expect(text.push("a door. th")).toBe("a door");
  expect(text.push("at")).toBe(". that");
});

test("property: the pieces do not matter", () => {
  const word = fc.string({ unit: fc.constantFrom("a", "b"), minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(fc.array(word), fc.array(word, { minLength: 1, maxLength: 3 }), (pieces, stops) => {
      const whole = pieces.join("");
      const at = Math.min(...stops.map((stop) => whole.indexOf(stop)).map((found) => (found < 0 ? Infinity : found)));
      const shown = run(stops, pieces);
      // A longer stop that begins earlier may still be growing when a shorter one inside it completes.
      expect(whole.startsWith(shown)).toBe(true);
      if (at === Infinity) expect(shown).toBe(whole);
      else expect(stops.some((stop) => whole.startsWith(stop, shown.length))).toBe(true);
    }),
  );
});
