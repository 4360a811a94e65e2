// fxn alerts test: one alert to everybody who is to be told, now, and what each of them answers.
import { Command, Option } from "clipanion";
import { openTargets, type Target } from "../../src/alerts/targets/index.ts";
import type { Notice } from "../../src/core/alert.ts";
import { systemClock } from "../../src/core/clock.ts";
import { messageOf } from "../../src/core/errors.ts";
import { createFetch } from "../../src/lib/fetch.ts";
import { loadConfig } from "../../src/networks/config.ts";
import { alertLink, alertName } from "../../src/node/alerts/alerts.ts";
import { explain } from "../../src/node/checks/explain.ts";
import { EXPLAINED } from "../../src/node/checks/index.ts";
import { EXIT, FxnCommand } from "../base.ts";
import type { ValuesOf } from "../manual/values.ts";
import { VERSION } from "../version.ts";

interface Answer {
  readonly target: string;
  /** null: there was no answer, or it was a refusal. */
  readonly status: number | null;
  readonly error: string | null;
}

export class AlertsTestCommand extends FxnCommand {
  static override values: ValuesOf = { ...FxnCommand.values, "--check": EXPLAINED.map(({ id }) => id) };

  static override paths = [["alerts", "test"]];
  static override usage = Command.Usage({
    category: "Operating",
    description: "send a test alert to everybody who is to be told",
    details: `
      Reads config.yaml as it lies there, whether a node runs or not, and sends one message to each webhook, ntfy topic
      and Telegram chat. The message says that it is a test. The dead-man URL is left alone: a ping would say that the node is alive.
      Exit code 1 when one of them does not take it, or there is none.
    `,
    examples: [
      ["To all of them", "fxn alerts test"],
      ["As if that check were red", "fxn alerts test --check backend.answers"],
    ],
  });

  check = Option.String("--check", "node.ready", { description: "Id of the check that the test pretends is red" });
  json = Option.Boolean("--json", false, { description: "For a machine" });

  protected async run(): Promise<number> {
    const { config } = await loadConfig({ home: this.homeDir(), env: this.context.env });
    const { alerts } = config;
    const ports = { fetch: createFetch(systemClock), node: alertName(alerts), version: VERSION, explain };
    const targets = openTargets(alerts, { ...ports, now: () => systemClock.now() });
    const notice = testNotice(this.check, alertLink(this.check, alerts));
    const answers = await Promise.all(targets.map((target) => ask(target, notice)));
    if (this.json) this.printJson({ schema: 1, answers });
    else if (targets.length === 0)
      this.print("Nobody is told: set alerts.webhooks, alerts.ntfy or alerts.telegram in config.yaml.");
    else this.print(answers.map(words).join("\n"));
    return targets.length > 0 && answers.every(({ error }) => error === null) ? EXIT.ok : EXIT.failed;
  }
}

function testNotice(id: string, link: string | undefined): Notice {
  const at = systemClock.now();
  const title = explain(id)?.title ?? id;
  const alert = { id, title, severity: "warning", message: "This is a test: nothing is wrong." } as const;
  const more = { hint: "Sent by fxn alerts test.", since: at, ...(link !== undefined && { link }) };
  return { at, alerts: [{ ...alert, ...more, state: "firing" }] };
}

async function ask(target: Target, notice: Notice): Promise<Answer> {
  try {
    const status = await target.send(notice, new AbortController().signal);
    return { target: target.name, status, error: null };
  } catch (error) {
    return { target: target.name, status: null, error: messageOf(error) };
  }
}

function words({ target, status, error }: Answer): string {
  return error === null ? `taken     ${target}: it answered ${status}` : `NOT TAKEN ${error}`;
}
