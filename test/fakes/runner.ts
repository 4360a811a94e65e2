// A runner as an operator would write one, for the conformance suite: what it does with a request stands in a file beside it.
import { appendFileSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";

const how = () => readFileSync("how", "utf8").trim();
const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);

if (how() === "sick") {
  process.stderr.write("no model\u001b[31m here\n");
  process.exit(3);
}
if (how() === "nonsense") say({ ready: true, models: "tiny" });
else if (how() !== "slow") say({ ready: true, models: ["tiny"], concurrent: Number(process.argv[2] ?? 4) });

for await (const line of createInterface({ input: process.stdin })) {
  appendFileSync("heard", `${line}\n`);
  const { id, cancel, body } = JSON.parse(line);
  if (cancel) {
    if (how() !== "deaf") say({ id, done: true, finish_reason: "cancelled" });
    continue;
  }
  switch (how()) {
    case "healthy":
      process.stdout.write("a library that prints\n");
      say({ id, delta: "hel" });
      say({ id, delta: "lo" });
      say({ id, done: true, usage: { prompt_tokens: 3, completion_tokens: 2 } });
      break;
    case "refuses":
      say({ id, error: "too\nlong", status: 400 });
      break;
    case "drops":
      process.exit(1);
      break;
    case "stalls":
      say({ id, delta: "hel" });
      break;
    case "cuts":
      say({ id, delta: "hel" });
      setTimeout(() => process.exit(1), 20);
      break;
    case "farewell":
      say({ id, delta: "last words ".repeat(5000) });
      say({ id, done: true });
      process.exit(0);
      break;
    case "fails":
      say({ id, delta: "hel" });
      say({ id, error: "out of memory" });
      break;
    case "spoils":
      say({ id, delta: 7 });
      break;
    case "endless":
      process.stdout.write("x".repeat(2 * 1024 * 1024));
      break;
    case "environment":
      say({ id, delta: JSON.stringify({ env: process.env, pid: process.pid, body }) });
      say({ id, done: true });
      break;
    case "orphans":
      say({ id, delta: String(Bun.spawn(["sleep", "1000"]).pid) });
      say({ id, done: true });
      break;
    default:
  }
}
