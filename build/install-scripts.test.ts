import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { INSTALL_SCRIPTS, installScript } from "./install-scripts.ts";

const SOURCE = { url: "https://example.com/fxn/latest", publicKey: `RW${"a".repeat(54)}` };

for (const script of INSTALL_SCRIPTS) {
  const blank = readFileSync(join(import.meta.dir, "install", script.name), "utf8");

  test(`${script.name} gets the release's URL and key, and nothing else is changed`, () => {
    const lines = installScript(script, SOURCE).split("\n");
    const changed = lines.filter((line, i) => line !== blank.split("\n")[i]);
    expect(changed).toEqual([
      script.blanks.url.replace("''", `'${SOURCE.url}'`),
      script.blanks.publicKey.replace("''", `'${SOURCE.publicKey}'`),
    ]);
  });

  test(`${script.name} stays as it is when neither is known`, () => {
    expect(installScript(script, { url: "", publicKey: "" })).toBe(blank);
  });

  test(`${script.name}: what would end the quotes is refused`, () => {
    for (const url of ["https://x/'; rm -rf ~; '", "https://x/\u2019", "https://x/\n"])
      expect(() => installScript(script, { ...SOURCE, url })).toThrow("cannot stand in a script");
  });
}
