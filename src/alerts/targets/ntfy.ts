// ntfy, by its JSON form: no text of ours becomes a header, so that titles may be in any script and none can add a header.
import type { Config } from "../../config/schema.ts";
import { cutToBytes, textOf, titleOf } from "./plain-text.ts";
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
      const link = alerts.find((alert) => /^https?:/.test(alert.link))?.link;
      const message = {
        topic,
        title: titleOf(notice, ports.node),
        message: cutToBytes(textOf(notice), MOST_BYTES),
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
