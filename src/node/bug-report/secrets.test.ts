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

const HIDDEN = {
  environment: "hf_of-the-environment",
  unnamed: "Zx81-of-no-name",
  argument: "hf_of-an-argument",
  joined: "hf_joined=to-its-flag",
  header: "A3 of a header",
  bearer: "bearer-of-a-collector",
  basic: "pass:word",
  passed: "passed-on-1",
  variable: "of-the-otel-variable",
};

test("a runner's environment and arguments, and each header, are hidden; common words, numbers and paths are not", () => {
  writeFileSync(
    join(home, "model_backend.yaml"),
    `
models:
  - id: tiny
    backends:
      - provider: process
        command: [python3, run.py, --hf-token, ${HIDDEN.argument}, "--api-key=${HIDDEN.joined}", --max-tokens, 4096]
        environment:
          - HF_TOKEN=${HIDDEN.environment}
          - WANDB=${HIDDEN.unnamed}
          - PASSED
          - SHORT=abcd
          - LEVEL=warning
          - MODE=Production
          - PARALLEL_TOKENIZERS=false
          - DEVICES=0,1,2,3
          - HF_HOME=/srv/models
          - RUST_LOG=debug
`,
  );
  writeFileSync(
    join(home, "config.yaml"),
    `
tracing: { otlpHeaders: "authorization=Bearer%20${HIDDEN.bearer},x-team=platform" }
alerts:
  deadMan: { headers: "x-one=${encodeURIComponent(HIDDEN.header)},authorization=Basic%20${btoa(`me:${HIDDEN.basic}`)}" }
`,
  );
  const env = { PASSED: HIDDEN.passed, OTEL_EXPORTER_OTLP_HEADERS: `x-api-key=${HIDDEN.variable}` };
  const redact = redactor({ secrets: secretsOf(home, env), folders: [], user: undefined, known: [], salt: "salt" });
  for (const [name, secret] of Object.entries(HIDDEN))
    expect([name, redact(`401 for ${secret}.`)]).toEqual([name, "401 for ***."]);
  const common = "abcd warning Production false true 0,1,2,3 4096 /srv/models debug platform python3 run.py";
  expect(redact(common)).toBe(common);
});
