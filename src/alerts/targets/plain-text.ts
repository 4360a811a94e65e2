// A notice as plain text, for those that show people what they are sent.
import type { Alert, Notice } from "../../core/alert.ts";
import { type CheckText, explainCommand } from "../../core/check.ts";
import type { TargetPorts } from "./target.ts";

export function titleOf({ alerts }: Notice, node: string): string {
  const [first] = alerts;
  const more = alerts.length > 1 ? ` and ${alerts.length - 1} more` : "";
  return `${node}: ${first?.state === "resolved" ? "over: " : ""}${first?.id ?? ""}${more}`;
}

/** With the words of each check, where there is room for all of them: what was found comes first. */
export function textOf({ alerts }: Notice, explain: TargetPorts["explain"], mostBytes: number): string {
  const whole = alerts.map((alert) => lines(alert, explain(alert.id))).join("\n\n");
  return bytesOf(whole).length <= mostBytes ? whole : alerts.map((alert) => lines(alert)).join("\n\n");
}

function lines({ id, state, title, message, hint, link }: Alert, text?: CheckText): string {
  if (state === "resolved") return `OVER  ${id}: ${title}`;
  const costs = text?.income === undefined ? [] : [`For income: ${text.income}`];
  const words = text ? [`What it looks at: ${text.looksAt}`, ...costs, `What to do: ${text.mend}`] : [];
  return [`${id}: ${message}`, hint, ...words, `On the machine: ${explainCommand(id)}`, link]
    .filter(Boolean)
    .join("\n");
}

/** At a character's border. */
export function cutToBytes(text: string, most: number): string {
  const bytes = bytesOf(text);
  if (bytes.length <= most) return text;
  return `${new TextDecoder().decode(bytes.subarray(0, most)).replace(/\uFFFD+$/, "")}…`;
}

const bytesOf = (text: string) => new TextEncoder().encode(text);
