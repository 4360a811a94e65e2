// Those who are told, as strict as the real ones: an Alertmanager webhook receiver, an ntfy server, Telegram's Bot API, a dead-man's switch.
import { z } from "zod";

const map = z.record(z.string(), z.string());
const time = z.iso.datetime();

/** webhook.Message and template.Data of Alertmanager; what else is there is ignored by its receivers. */
export const alertmanagerMessage = z.looseObject({
  version: z.literal("4"),
  groupKey: z.string(),
  truncatedAlerts: z.int().min(0),
  status: z.enum(["firing", "resolved"]),
  receiver: z.string(),
  groupLabels: map,
  commonLabels: map,
  commonAnnotations: map,
  externalURL: z.string(),
  alerts: z
    .array(
      z.strictObject({
        status: z.enum(["firing", "resolved"]),
        labels: map,
        annotations: map,
        startsAt: time,
        endsAt: time,
        generatorURL: z.string(),
        fingerprint: z.string().regex(/^[\da-f]{16}$/),
      }),
    )
    .min(1),
});

/** "Publish as JSON" of ntfy's documentation. */
export const ntfyMessage = z.strictObject({
  topic: z.string().regex(/^[-_A-Za-z0-9]{1,64}$/),
  title: z.string().optional(),
  message: z.string().refine((text) => Buffer.byteLength(text) <= 4096),
  priority: z.int().min(1).max(5).optional(),
  tags: z.array(z.string()).optional(),
  click: z.url().optional(),
});

/** "sendMessage" of the Bot API; a length in UTF-16 units, as its entities are counted. */
export const telegramMessage = z.strictObject({
  chat_id: z.string().regex(/^(-?\d+|@\w+)$/),
  text: z.string().min(1).max(4096),
  disable_notification: z.boolean().optional(),
  link_preview_options: z.strictObject({ is_disabled: z.boolean() }).optional(),
});

export interface AlertReceivers {
  readonly url: string;
  readonly webhooks: z.output<typeof alertmanagerMessage>[];
  readonly ntfy: z.output<typeof ntfyMessage>[];
  readonly telegram: z.output<typeof telegramMessage>[];
  /** Times of pings, milliseconds. */
  readonly pings: number[];
  /** What a real one would have refused. */
  readonly refused: string[];
  stop(): void;
}

/** /hook, /<topic> by JSON at /, /bot<token>/sendMessage, and /ping on one port of loopback. */
export function startAlertReceivers(token: string, botToken = "1:none"): AlertReceivers {
  const webhooks: AlertReceivers["webhooks"] = [];
  const ntfy: AlertReceivers["ntfy"] = [];
  const telegram: AlertReceivers["telegram"] = [];
  const pings: number[] = [];
  const refused: string[] = [];
  const refuse = (why: string, status: number) => {
    refused.push(why);
    return new Response(why, { status });
  };
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(request) {
      const { pathname } = new URL(request.url);
      if (pathname === "/ping" && request.method === "GET") {
        pings.push(performance.now());
        return new Response("OK");
      }
      if (request.method !== "POST") return refuse(`${request.method} ${pathname}`, 405);
      const body: unknown = await request.json().catch(() => undefined);
      if (pathname === "/hook") {
        const parsed = alertmanagerMessage.safeParse(body);
        if (!parsed.success) return refuse(parsed.error.message, 400);
        webhooks.push(parsed.data);
        return new Response(null, { status: 204 });
      }
      if (pathname.startsWith("/bot")) {
        const not = (error_code: number, description: string) => {
          refused.push(description);
          return Response.json({ ok: false, error_code, description }, { status: error_code });
        };
        if (pathname !== `/bot${botToken}/sendMessage`) return not(401, "Unauthorized");
        const parsed = telegramMessage.safeParse(body);
        if (!parsed.success) return not(400, `Bad Request: ${parsed.error.message}`);
        telegram.push(parsed.data);
        return Response.json({ ok: true, result: { message_id: telegram.length, text: parsed.data.text } });
      }
      if (request.headers.get("authorization") !== `Bearer ${token}`) return refuse("unauthorized", 401);
      const parsed = ntfyMessage.safeParse(body);
      if (!parsed.success) return refuse(parsed.error.message, 400);
      ntfy.push(parsed.data);
      return Response.json({ id: "x", event: "message", topic: parsed.data.topic });
    },
  });
  return {
    url: `http://127.0.0.1:${server.port}`,
    ...{ webhooks, ntfy, telegram, pings, refused },
    stop: () => server.stop(true),
  };
}
