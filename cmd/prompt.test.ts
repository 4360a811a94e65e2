// The prompt on a real pseudo-terminal: no echo, cancelled by Ctrl-C and Ctrl-D, refused on a pipe.
import { describe, expect, test } from "bun:test";
import { Readable, Writable } from "node:stream";
import { typeTo } from "../test/fakes/typist.ts";
import { terminalOf } from "./prompt.ts";

const SCRIPT = `
  import { terminalOf } from ${JSON.stringify(`${import.meta.dir}/prompt.ts`)};
  const terminal = terminalOf(process.stdin, process.stderr);
  try {
    const hidden = (await terminal.askHidden("Password: ")).reveal();
    const shown = await terminal.ask("Name: ");
    console.log("answers " + Buffer.from(hidden + "/" + shown).toString("base64"));
  } catch (error) {
    console.log("refused " + error.code);
  }`;

const converse = async (...steps: [question: string, answer: string][]) =>
  (await typeTo([process.execPath, "-e", SCRIPT], steps)).shown;

describe.if(process.platform !== "win32")("terminal", () => {
  test("a hidden answer is not shown, a plain one is; backspace works", async () => {
    const shown = await converse(["Password: ", "sécx\x7fret\r"], ["Name: ", "bob\r"]);
    expect(shown).toContain(`answers ${Buffer.from("sécret/bob").toString("base64")}`);
    expect(shown).not.toContain("sécret");
    expect(shown).not.toContain("ret");
    expect(shown).toContain("bob");
  });

  test("Ctrl-C and Ctrl-D cancel", async () => {
    expect(await converse(["Password: ", "abc\x03"])).toContain("refused prompt_cancelled");
    expect(await converse(["Password: ", "\x04"])).toContain("refused prompt_cancelled");
  });
});

test("a pipe is no terminal", () => {
  expect(terminalOf(Readable.from(["x"]), new Writable())).toBeUndefined();
});
