import { describe, expect, test } from "bun:test";
import { SERVICE, serviceManagerConformance } from "../../test/conformance/service-managers.ts";
import type { ServiceFile } from "./manager.ts";
import { windows } from "./windows.ts";

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
const plainText = (xml: string) => xml.replace(/&(\w+);/g, (_, name: string) => ENTITIES[name] ?? "?");
const ARGUMENTS = /<Arguments>([^<>]*)<\/Arguments>/;

/** As cmd takes its line apart (/s: the first and the last quote go), and the C runtime what is left of it. */
function words({ text }: ServiceFile): string[] {
  const line = plainText(ARGUMENTS.exec(text)?.[1] ?? "");
  const inner = /^\/d \/s \/v:off \/c "(.*)"$/.exec(line)?.[1] ?? "";
  // Between quotes only a variable would be filled in.
  expect(inner).not.toContain("%");
  return [...inner.matchAll(/"((?:\\\\)*(?:[^"\\]|\\(?!")|(?:\\\\)+(?="))*)"/g)].map(([, word = ""]) =>
    word.replace(/\\+$/, (slashes) => slashes.slice(slashes.length / 2)),
  );
}

serviceManagerConformance(windows, {
  command: (file) => words(file).slice(0, -1),
  passwordFile: (file) => words(file)[5],
  skeleton: ({ text }) => text.replace(ARGUMENTS, ""),
});

describe("a task of the Task Scheduler", () => {
  const [file] = windows.files({ ...SERVICE, home: "C:\\fxn", program: ["C:\\Program Files\\fxn.exe"] });

  test("writes what it prints to a file in the home", () => {
    expect(plainText(file?.text ?? "")).toContain(
      '/c ""C:\\Program Files\\fxn.exe" "start" "--home" "C:\\fxn" >> "C:\\fxn\\fxn.log" 2>&1"',
    );
  });

  test("is UTF-16, as its first line says", () => {
    expect(file?.encoding).toBe("utf16le");
    expect(file?.text).toStartWith('<?xml version="1.0" encoding="UTF-16"?>');
  });

  test("runs for ever, one at a time, by its user without a password", () => {
    for (const part of [
      "<ExecutionTimeLimit>PT0S</ExecutionTimeLimit>",
      "<MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>",
      "<LogonType>S4U</LogonType>",
      "<UserId>ada</UserId>",
    ])
      expect(file?.text).toContain(part);
  });

  test("command injection: what cmd would fill in, or take for the end of a word, is refused", () => {
    for (const home of ["C:\\%TEMP%", 'C:\\a" & calc & "'])
      expect(() => windows.files({ ...SERVICE, home })).toThrow("command interpreter");
  });

  test("the log of a home with a quote in its name is shown, and nothing else is done", () => {
    const command = windows.logs({ ...SERVICE, home: "C:\\a'; calc; '\u2019" }, { lines: 5, follow: true }).at(-1);
    expect(command).toBe(
      "Get-Content -Encoding UTF8 -LiteralPath 'C:\\a''; calc; ''\u2019\u2019\\fxn.log' -Tail 5 -Wait",
    );
  });
});
