// What each check of a network promises: it has words of its own, there is a way to make it red, for the reason that it names, and then `fxn why` names it first.
import { expect, test } from "bun:test";
import { type Check, textOf } from "../../src/core/check.ts";
import { systemClock } from "../../src/core/clock.ts";
import type { OwnNetwork } from "../../src/networks/ports.ts";
import { runChecks } from "../../src/node/checks/run.ts";

/** A session that has begun, as the tests of its network begin one. */
export interface Asked {
  checks(): readonly Check[];
  stop?(): unknown;
}

/** One way to make a check red. `state` is "warn" where nothing of it keeps all work away. */
export interface Red {
  readonly id: string;
  readonly make: () => Promise<Asked> | Asked;
  readonly message: RegExp;
  readonly hint: RegExp;
  readonly state?: "warn";
}

/** @param well opens a session of which nothing is red, and that has every check */
export function testReds(
  { id: network, checkTexts }: Pick<OwnNetwork, "id" | "checkTexts">,
  well: () => Promise<Asked> | Asked,
  reds: readonly Red[],
): void {
  const ask = async (opened: Promise<Asked> | Asked) => {
    const asked = await opened;
    try {
      return await runChecks(asked.checks(), systemClock, AbortSignal.timeout(30_000));
    } finally {
      await asked.stop?.();
    }
  };

  test(`${network}: a session that is well is green, and each of its checks has a test in which it is red for the right reason`, async () => {
    const found = await ask(well());
    expect(found.filter(({ state }) => state !== "ok")).toEqual([]);
    const ids = found.map(({ id }) => id);
    expect(ids.filter((id) => !reds.some((red) => red.id === id))).toEqual([]);
    expect(reds.filter(({ id }) => !ids.includes(id))).toEqual([]);
  });

  test(`${network}: each check has words of its own, under its title; and no words are of a check that there is not`, async () => {
    const asked = await well();
    const checks = asked.checks();
    await asked.stop?.();
    const wordless = checks.filter(({ id, title }) => textOf(id, checkTexts)?.title !== title);
    expect(wordless.map(({ id }) => id)).toEqual([]);
    const found = checks.map(({ id }) => textOf(id, checkTexts));
    expect(checkTexts.filter((text) => !found.includes(text))).toEqual([]);
  });

  test.each(reds.map((red) => [red.id, red.message.source, red] as const))(
    `%s: %s`,
    async (id, _, { make, message, hint, state = "fail" }) => {
      const found = await ask(make());
      // The first red is what why names; a yellow is named beside that, and nothing may be red for it.
      const named = found.find((one) => one.state === "fail") ?? found.find((one) => one.id === id);
      expect(named).toMatchObject({
        ...{ id, state },
        message: expect.stringMatching(message),
        hint: expect.stringMatching(hint),
      });
    },
  );
}
