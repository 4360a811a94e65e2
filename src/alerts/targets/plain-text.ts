// Alerts as plain text, for those who read them on a phone.
import type { Alert, Notice } from "../../core/alert.ts";

export function titleOf({ alerts }: Notice, node: string): string {
  const [first] = alerts;
  const more = alerts.length > 1 ? ` and ${alerts.length - 1} more` : "";
  return `${node}: ${first?.state === "resolved" ? "over: " : ""}${first?.id ?? ""}${more}`;
}

export function textOf({ alerts }: Notice): string {
  return alerts.map(lines).join("\n\n");
}

function lines({ id, state, title, message, hint, link }: Alert): string {
  if (state === "resolved") return `OVER  ${id}: ${title}`;
  return [`${id}: ${message}`, hint, `What it looks at: fxn doctor --explain ${id} (${link})`]
    .filter(Boolean)
    .join("\n");
}

/** At a character's border. */
export function cutToBytes(text: string, most: number): string {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length <= most) return text;
  return `${new TextDecoder().decode(bytes.subarray(0, most)).replace(/\uFFFD+$/, "")}…`;
}
