// The account commands on a real terminal: asked twice, nothing secret shown.
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Secret } from "../../src/core/secret.ts";
import { formatGoNodeKey } from "../../src/keys/go-nodekey.ts";
import { NODE_KEY, openSigner, saveKey } from "../../src/keys/key-store.ts";
import { typeTo } from "../../test/fakes/typist.ts";
import vectors from "../../test/vectors/function.json";

const { node } = vectors.keys;
const nodeKey = Buffer.from(node.privateKey, "hex");
const secret = new Secret("correct horse");

let root = "";
let home = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "fxn-terminal-"));
  home = join(root, "home");
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe.if(process.platform !== "win32")("a person at a terminal", () => {
  /** The command as its own process, so that it has a terminal. */
  const command = (file: string, name: string, args: string[]) => {
    const script = `
      import { Cli } from "clipanion";
      import { ${name} } from ${JSON.stringify(join(import.meta.dir, file))};
      const cli = new Cli();
      cli.register(${name});
      process.exitCode = await cli.run(${JSON.stringify([...args, "--home", home])}, Cli.defaultContext);`;
    return [process.execPath, "-e", script];
  };

  test("new asks for the password twice and does not show it", async () => {
    const { code, shown } = await typeTo(command("new.ts", "AccountsNewCommand", ["accounts", "new"]), [
      ["New password", `${secret.reveal()}\r`],
      ["The same again", `${secret.reveal()}\r`],
    ]);
    expect(code).toBe(0);
    expect(shown).not.toContain(secret.reveal());
    expect(shown).toContain((await openSigner(home, NODE_KEY, async () => secret)).checksumAddress);
  });

  test("export asks twice, and one no is enough", async () => {
    saveKey(home, NODE_KEY, formatGoNodeKey(nodeKey));
    const copy = join(root, "copy");
    const args = ["accounts", "export", "--out", copy, "--insecure-plaintext"];
    const exporting = command("export.ts", "AccountsExportCommand", args);
    for (const answers of [["no"], ["yes", "no"], ["yes", ""]]) {
      const steps = ["Copy the key", "Are you sure"].map((question, at) => [question, `${answers[at]}\r`] as const);
      const { code } = await typeTo(exporting, steps.slice(0, answers.length));
      expect(code).toBe(1);
      expect(existsSync(copy)).toBe(false);
    }
    const { code, shown } = await typeTo(exporting, [
      ["Copy the key", "yes\r"],
      ["Are you sure", "yes\r"],
    ]);
    expect(code).toBe(0);
    expect(shown).not.toContain(node.privateKey);
    expect(existsSync(copy)).toBe(true);
  });
});
