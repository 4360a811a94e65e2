import { expect, test } from "bun:test";
import fc from "fast-check";
import { compareVersions, isVersion } from "./versions.ts";

/** From semver.org, section 11, oldest first. */
const IN_ORDER = [
  "1.0.0-alpha",
  "1.0.0-alpha.1",
  "1.0.0-alpha.beta",
  "1.0.0-beta",
  "1.0.0-beta.2",
  "1.0.0-beta.11",
  "1.0.0-rc.1",
  "1.0.0",
  "1.0.9",
  "1.0.10",
  "1.2.0",
  "10.0.0",
];

test("the order of Semantic Versioning", () => {
  for (const [i, a] of IN_ORDER.entries())
    for (const [j, b] of IN_ORDER.entries()) expect(Math.sign(compareVersions(a, b))).toBe(Math.sign(i - j));
});

test("nothing else is a version", () => {
  expect(IN_ORDER.every(isVersion)).toBeTrue();
  for (const text of ["", "dev", "1.0", "v1.0.0", "1.0.0-", "1.0.0 ", "../1.0.0"]) expect(isVersion(text)).toBeFalse();
  fc.assert(
    fc.property(fc.string(), (text) => {
      if (!isVersion(text)) expect(() => compareVersions(text, "1.0.0")).toThrow(RangeError);
    }),
  );
});
