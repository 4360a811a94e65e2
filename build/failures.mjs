// Lists what failed in the output of `bun test`, on standard input: file, test, how long it took, and how its error begins.
import { readFileSync } from "node:fs";

const LINES_SHOWN = 20;
const BETWEEN_TESTS = /^# Unhandled error/;
/** Bun's excerpt of the source above an error, or the error itself; what a test logged stands before it. */
const ERROR_BEGINS = /^ *\d+ \| |^\w*[eE]rror: /;

const lines = readFileSync(0, "utf8")
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with one
  .replace(/\x1b\[[0-9;]*m/g, "")
  .split(/\r?\n/);

let file = "";
let said = [];
/** Below "3 tests failed:" Bun repeats names that were listed where they failed. */
let repeats = false;
/** An error between two tests stands below its line, not above it. */
let between = false;

for (const line of lines) {
  const [, header] = /^(?:::group::)?(\S+\.test\.ts):$/.exec(line) ?? [];
  const [, state, test] = /^\((pass|fail|skip|todo)\) (.*)$/.exec(line) ?? [];
  const ends = header !== undefined || state !== undefined || BETWEEN_TESTS.test(line) || /^ \d+ pass$/.test(line);
  if (/^\d+ tests? failed:$/.test(line)) repeats = true;
  else if (!ends) said.push(line);
  else {
    if (between) show("an error between tests");
    else if (state === "fail" && !repeats) show(test);
    if (header !== undefined) [file, repeats] = [header, false];
    between = BETWEEN_TESTS.test(line);
    said = [];
  }
}

function show(test) {
  const from = said.findIndex((line) => ERROR_BEGINS.test(line));
  const shown = said.slice(Math.max(from, 0)).slice(0, LINES_SHOWN);
  console.log(`\nFAILED ${file}: ${test}`);
  for (const line of shown) console.log(line);
}
