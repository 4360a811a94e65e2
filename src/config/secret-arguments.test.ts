import { expect, test } from "bun:test";
import { withoutSecrets } from "./secret-arguments.ts";

test.each([
  ["python3 run.py --hf-token hf_abc --port 80", "python3 run.py --hf-token *** --port 80"],
  ["serve --api-key=sk-a=b --model x", "serve --api-key=*** --model x"],
  ["env HF_TOKEN=hf_abc LANG=C serve", "env HF_TOKEN=*** LANG=C serve"],
  ["serve -apiKey sk-1 --password hunter2", "serve -apiKey *** --password ***"],
  // What only sounds like it, and what has no value.
  ["serve --tokenizer llama --max-tokens 4096", "serve --tokenizer llama --max-tokens 4096"],
  ["serve --no-auth model --use-auth --port 80", "serve --no-auth model --use-auth --port 80"],
  ["serve --hf-token", "serve --hf-token"],
])("%s is shown as %s", (command, shown) => {
  expect(withoutSecrets(command.split(" ")).join(" ")).toBe(shown);
});
