// Telegram, by the Bot API: a bot that the operator has made writes into a chat that it was let into.
import { z } from "zod";
import type { Config } from "../../config/schema.ts";
import { clean } from "../../lib/clean.ts";
import { cutToBytes, textOf, titleOf } from "./plain-text.ts";
import { AlertError, LIMITS, type Target, type TargetPorts, taken } from "./target.ts";

export type TelegramSettings = Config["alerts"]["telegram"][number];

/** A message has 4096 characters at most; no text has more of them than bytes. */
const MOST_BYTES = 4000;

const answer = z.object({
  ok: z.boolean(),
  description: z.string().optional(),
  parameters: z
    .object({ retry_after: z.number().min(0).optional(), migrate_to_chat_id: z.number().optional() })
    .optional(),
});

export function telegram({ server, token, chatId }: TelegramSettings, ports: TargetPorts): Target {
  const name = `telegram ${new URL(server).host}`;
  return {
    name,
    async send(notice, signal) {
      const firing = notice.alerts.some(({ state }) => state === "firing");
      const title = `${firing ? "\u{1F534}" : "\u{1F7E2}"} ${titleOf(notice, ports.node)}\n\n`;
      const text = title + textOf(notice, ports.explain, MOST_BYTES - Buffer.byteLength(title));
      const message = {
        chat_id: chatId,
        // Without parse_mode: nothing that a model server has worded is markup.
        text: cutToBytes(text, MOST_BYTES),
        // What is over need not wake anybody.
        disable_notification: !firing,
        link_preview_options: { is_disabled: true },
      };
      const reply = await ports.fetch(`${server.replace(/\/+$/, "")}/bot${token.reveal()}/sendMessage`, {
        method: "POST",
        headers: { "content-type": "application/json", "user-agent": `fxn/${ports.version}` },
        body: JSON.stringify(message),
        signal,
        ...LIMITS,
      });
      const said = answer.safeParse(parsed(reply.body)).data;
      const words = said && wordsOf(said, token.reveal());
      const status = taken(name, reply, { words, retryAfter: said?.parameters?.retry_after });
      // A page of somebody in between is no Telegram.
      if (said?.ok !== true) throw new AlertError("alert_busy", `${name}: its answer is not the Bot API's`);
      return status;
    },
  };
}

/** Why it refuses, such as "Bad Request: chat not found". No chat's number is in it: it goes into status and log. */
function wordsOf({ description, parameters }: z.output<typeof answer>, token: string): string | undefined {
  if (parameters?.migrate_to_chat_id !== undefined)
    return "the group has become a supergroup with another chatId: see getUpdates";
  return description && clean(description).replaceAll(token, "***");
}

function parsed(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    return undefined;
  }
}
