// ntfy, by its JSON form: no text of ours becomes a header, so that titles may be in any script and none can add a header.
import type { Config } from "../../config/schema.ts";
import type { Alert, Notice } from "../../core/alert.ts";
import { type CheckText, explainCommand } from "../../core/check.ts";
import { LIMITS, type Target, type TargetPorts, taken } from "./target.ts";

export type NtfySettings = Config["alerts"]["ntfy"][number];

/** Bytes; a server makes an attachment of a longer message, or refuses it. */
const MOST_BYTES = 4000;
/** Of ntfy's five; what is over need not wake anybody. */
const RESOLVED_PRIORITY = 2;

export function ntfy({ url, token, criticalPriority, warningPriority }: NtfySettings, ports: TargetPorts): Target {
  const { server, topic } = placeOf(url);
  const name = `ntfy ${new URL(url).host}`;
  return {
    name,
    async send(notice, signal) {
      const { alerts } = notice;
      const firing = alerts.filter(({ state }) => state === "firing");
      const critical = firing.some(({ severity }) => severity === "critical");
      const firingPriority = critical ? criticalPriority : warningPriority;
      const link = alerts.find((alert) => alert.link !== undefined)?.link;
      const message = {
        topic,
        title: titleOf(notice, ports.node),
        message: textOf(alerts, ports.explain),
        priority: firing.length > 0 ? firingPriority : RESOLVED_PRIORITY,
        tags: [firing.length > 0 ? (critical ? "rotating_light" : "warning") : "white_check_mark"],
        ...(link !== undefined && { click: link }),
      };
      const reply = await ports.fetch(server, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          "user-agent": `fxn/${ports.version}`,
          ...(token && { authorization: `Bearer ${token.reveal()}` }),
        },
        body: JSON.stringify(message),
        signal,
        ...LIMITS,
      });
      return taken(name, reply);
    },
  };
}

/** A topic is the last part of the path; what is before it is the server's. */
export function placeOf(url: string): { server: string; topic: string } {
  const { origin, pathname } = new URL(url);
  const parts = pathname.split("/").filter(Boolean);
  const topic = decodeURIComponent(parts.at(-1) ?? "");
  return { server: `${[origin, ...parts.slice(0, -1)].join("/")}/`, topic };
}

function titleOf({ alerts }: Notice, node: string): string {
  const [first] = alerts;
  const more = alerts.length > 1 ? ` and ${alerts.length - 1} more` : "";
  return `${node}: ${first?.state === "resolved" ? "over: " : ""}${first?.id ?? ""}${more}`;
}

/** With the words of each check, where there is room for all of them: what was found comes first. */
function textOf(alerts: readonly Alert[], explain: TargetPorts["explain"]): string {
  const whole = alerts.map((alert) => lines(alert, explain(alert.id))).join("\n\n");
  return bytesOf(whole).length <= MOST_BYTES ? whole : cut(alerts.map((alert) => lines(alert)).join("\n\n"));
}

function lines({ id, state, title, message, hint, link }: Alert, text?: CheckText): string {
  if (state === "resolved") return `OVER  ${id}: ${title}`;
  const words = text ? [`What it looks at: ${text.looksAt}`, `What to do: ${text.mend}`] : [];
  return [`${id}: ${message}`, hint, ...words, `On the machine: ${explainCommand(id)}`, link]
    .filter(Boolean)
    .join("\n");
}

const bytesOf = (text: string) => new TextEncoder().encode(text);

/** At a character's border. */
function cut(text: string): string {
  const bytes = bytesOf(text);
  if (bytes.length <= MOST_BYTES) return text;
  return `${new TextDecoder().decode(bytes.subarray(0, MOST_BYTES)).replace(/\uFFFD+$/, "")}…`;
}
