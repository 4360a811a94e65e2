// What a report must not hold, as a home's own configuration has it.
import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { redactor } from "../../lib/redact.ts";
import { secretsOf } from "./secrets.ts";

const home = mkdtempSync(join(tmpdir(), "fxn-secrets-"));
afterAll(() => rmSync(home, { recursive: true }));

test("chats are nobody's business: their numbers and names are hidden wherever they stand, and other numbers are not", () => {
  writeFileSync(
    join(home, "config.yaml"),
    `
queue: { size: 123456 }
alerts:
  telegram:
    - { token: "42:AAcanary", chatId: 987654321 }
    - { token: "42:AAcanary", chatId: -1001234567890 }
    - { token: "42:AAcanary", chatId: "@my_canary" }
`,
  );
  const redact = redactor({ secrets: secretsOf(home, {}), folders: [], user: undefined, known: [], salt: "salt" });
  expect(redact(`{"size": 123456, "chatId": "987654321"} of -1001234567890, @my_canary`)).toBe(
    `{"size": 123456, "chatId": "***"} of ***, ***`,
  );
});
