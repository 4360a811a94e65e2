// The table itself: ids that stay and can be linked to, texts for people, and causes that are there and make no circle.
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PROVIDER_CHECKS } from "../../../registries/checks.ts";
import { OWN_NETWORKS } from "../../networks/index.ts";
import { explain } from "./explain.ts";
import { CHECK_TEXTS, checksFromOutside, EXPLAINED } from "./index.ts";
import { linkOf } from "./links.ts";
import { SEEN_CHECKS } from "./seen.ts";
import { openSurroundings } from "./surroundings.ts";

const look = openSurroundings({
  home: "/nonexistent",
  version: "1",
  env: {},
  status: async () => undefined,
  clock: { now: () => 0, monotonic: () => 0, after: () => () => {} },
});
const outside = checksFromOutside(look);

describe("the check table", () => {
  test("each id is there once, and says its room and what is looked at", () => {
    const explained = EXPLAINED.map(({ id }) => id);
    expect(new Set(explained).size).toBe(explained.length);
    const ids = CHECK_TEXTS.map(({ id }) => id);
    for (const id of ids) expect(id).toMatch(/^[a-z]+\.[a-z]+$/);
    // A network's checks begin with its id: none may be taken for one of ours.
    const rooms = ids.map((id) => id.split(".")[0] ?? "");
    expect(OWN_NETWORKS.filter(({ id }) => rooms.includes(id))).toEqual([]);
  });

  test.each(EXPLAINED.map((text) => [text.id, text] as const))(
    "%s: texts for a person, and a link that leads somewhere",
    (id, { title, looksAt, income = ".", mend }) => {
      const readme = readFileSync(join(import.meta.dir, "..", "..", "..", "README.md"), "utf8");
      expect(title).toMatch(/^[A-Z].*[^.]$/);
      expect(looksAt).toMatch(/\.$/);
      expect(income).toMatch(/\.$/);
      expect(mend).toMatch(/\.$/);
      // A message on a phone has them below what was found.
      expect(`${looksAt}${income}${mend}`.length).toBeLessThan(600);
      expect(readme).toContain(`<a id="${linkOf(id, EXPLAINED).split("#")[1]}"></a>`);
    },
  );

  test("of several of one kind each has the words of its kind; what nobody knows has none", () => {
    expect(linkOf("fedai.router-2", EXPLAINED)).toBe("README.md#check-fedai-router");
    const router = EXPLAINED.find(({ id }) => id === "fedai.router") ?? expect.unreachable();
    expect(explain("fedai.router-12")).toEqual({ ...router, id: "fedai.router-12" });
    expect([explain("fedai.nothing"), explain("nothing.at-2")]).toEqual([undefined, undefined]);
  });

  test("what explains a check is in the table, and no check explains itself", () => {
    const causes = new Map(outside.map(({ id, after = [] }) => [id, after]));
    const walk = (id: string, way: readonly string[]): void => {
      expect(way).not.toContain(id);
      expect(CHECK_TEXTS.map((text) => text.id)).toContain(id);
      for (const cause of causes.get(id) ?? []) walk(cause, [...way, id]);
    };
    for (const { id } of outside) walk(id, []);
  });

  test("all of it is asked from outside, but what only a running node can", () => {
    const ids = new Set(outside.map(({ id }) => id));
    const others = CHECK_TEXTS.filter(({ id }) => !ids.has(id)).map(({ id }) => id);
    expect(others).toEqual([
      ...["backend.answers", "backend.models", "queue.room", "prompt.answered"],
      ...SEEN_CHECKS.map(({ id }) => id),
    ]);
    expect(PROVIDER_CHECKS.every(({ id }) => ids.has(id))).toBe(true);
  });
});
