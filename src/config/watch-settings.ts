// Settings of what tells others about the node: alerts, the dead-man ping, traces.
import { z } from "zod";
import { Secret } from "../core/secret.ts";
import { parseHeaders } from "../lib/header-pairs.ts";
import { field, list } from "./field.ts";
import { choice, duration, integer, secret, text } from "./fields.ts";
import { httpUrl } from "./net-fields.ts";

const someTime = duration("1ms");

const headers = field<Secret>({
  schema: {
    title: "headers",
    type: "string",
    format: "password",
    writeOnly: true,
    examples: ["authorization=Bearer%20changeme"],
  },
  expected: "headers such as authorization=Bearer%20changeme,x-team=gpu",
  hidden: true,
  read: (input) => (parseHeaders(input) ? new Secret(input) : undefined),
  write: String,
});

const ratio = field<number>({
  schema: { title: "ratio", type: "number", minimum: 0, maximum: 1, examples: [0.1] },
  expected: "a number from 0 to 1",
  read: (input) => (/^(0|1|0?\.\d+|[01]\.\d+)$/.test(input) && Number(input) <= 1 ? Number(input) : undefined),
  write: (value) => value,
});

const topicUrl = field<string>({
  schema: { title: "URL", type: "string", format: "uri", examples: ["https://ntfy.example.org/my-node-9f3a"] },
  expected: "the URL of a topic, such as https://ntfy.example.org/my-node-9f3a",
  hidden: true,
  read(input) {
    const url = URL.canParse(input) ? new URL(input) : undefined;
    const ofHttp = url?.protocol === "http:" || url?.protocol === "https:";
    return ofHttp && /\/[A-Za-z0-9_-]{1,64}\/?$/.test(url.pathname) ? input : undefined;
  },
  write: (value) => value,
});

/** It becomes a part of a path. */
const botToken = field<Secret>({
  schema: {
    title: "secret",
    type: "string",
    format: "password",
    writeOnly: true,
    examples: ["123456789:AAchangemechangemechangeme"],
  },
  expected: "a bot's token as BotFather gives it, such as 123456789:AA…",
  hidden: true,
  read: (input) => (/^\d{1,20}:[A-Za-z0-9_-]{1,200}$/.test(input) ? new Secret(input) : undefined),
  write: String,
});

const chat = field<string>({
  schema: { title: "chat", type: "string", examples: ["-1001234567890"] },
  expected: "a chat's number, such as 123456789 or -1001234567890, or a channel's @name",
  read: (input) => (/^(?:-?\d{1,20}|@[A-Za-z0-9_]{1,64})$/.test(input) ? input : undefined),
  write: (value) => value,
});

const checkPattern = field<string>({
  schema: { title: "check", type: "string", examples: ["backend.*"] },
  expected: `the id of a check, or the beginning of ids and a star: "backend.*"`,
  read: (input) => (/^[a-z0-9.-]+\*?$|^\*$/.test(input) ? input : undefined),
  write: (value) => value,
});

const priority = integer(1, 5);

const webhook = z.strictObject({
  url: httpUrl.meta({
    ...httpUrl.meta(),
    description: "Gets a POST with JSON in the form of Alertmanager's webhooks.",
    examples: ["https://hooks.example.org/fxn"],
  }),
  headers: headers.optional().describe("Further headers: name=value,name=value, values percent-encoded."),
  secret: secret
    .optional()
    .describe("Signs each message: X-Fxn-Signature is sha256= and the HMAC of X-Fxn-Timestamp, a dot and the body."),
});

const ntfy = z.strictObject({
  url: topicUrl.describe(
    "An ntfy server and a topic: whoever knows the topic reads along, so choose one that nobody guesses.",
  ),
  token: secret.optional().describe("Access token of the server."),
  criticalPriority: priority.prefault(5).describe("ntfy's priority of what costs work or money now."),
  warningPriority: priority.prefault(3).describe("ntfy's priority of what may become worse."),
});

const telegram = z.strictObject({
  token: botToken.describe("Of the bot that writes: ask @BotFather for one."),
  chatId: chat.describe("Where it writes; the bot must be a member there, or you must have written to it first."),
  server: httpUrl
    .prefault("https://api.telegram.org")
    .meta({ ...httpUrl.meta(), description: "Base URL of the Bot API, for a server of your own." }),
});

const deadMan = z.strictObject({
  url: httpUrl.optional().meta({
    description: "Is asked (GET) as long as the node runs; its owner raises the alarm when that ends.",
    examples: ["https://ping.example.org/2f4c"],
  }),
  interval: someTime.prefault("1m").describe("How often it is asked."),
});

const checks = (help: string) => list(checkPattern, "a list of checks").prefault([]).describe(help);

export const alerts = z.strictObject({
  webhooks: z.array(webhook).prefault([]).describe("Who is told by webhook."),
  ntfy: z.array(ntfy).prefault([]).describe("Who is told by ntfy."),
  telegram: z.array(telegram).prefault([]).describe("Who is told by Telegram."),
  deadMan: deadMan.prefault({}).describe("Says that the node is alive; what has ended says nothing."),
  name: text("a name", "gpu-1")
    .optional()
    .describe("What the node is called in messages. Default: the name of this machine."),
  after: someTime
    .prefault("2m")
    .describe("How long a check is red before it is told, and well before it counts as over."),
  repeat: someTime.prefault("4h").describe("How often what is still red is told again; a warning is told once."),
  leastSeverity: choice(["warning", "critical"])
    .prefault("warning")
    .describe("critical: only what costs work or money now."),
  include: checks("Checks that are told; none named is all. See fxn doctor for their ids."),
  exclude: checks("Checks that are not told."),
  linkBase: httpUrl.optional().meta({
    description:
      "What links to the README's table of checks begin with, where you have it on the web. Without it messages have no link, but the words of the check.",
    examples: ["https://docs.example.org/fxn"],
  }),
});

export const tracing = z.strictObject({
  otlpEndpoint: httpUrl.optional().meta({
    description:
      "Base URL of an OpenTelemetry collector: spans of each request go to its /v1/traces as JSON. Default: $OTEL_EXPORTER_OTLP_ENDPOINT; without either there are none.",
    examples: ["http://127.0.0.1:4318"],
  }),
  otlpHeaders: headers.optional().describe("Sent to the collector. Default: $OTEL_EXPORTER_OTLP_HEADERS."),
  sampleRatio: ratio
    .optional()
    .describe(
      "Share of requests that are traced, unless their caller is known and has decided. Default: $OTEL_TRACES_SAMPLER, else 1.",
    ),
  serviceName: text("a name", "fxn").optional().describe("Default: $OTEL_SERVICE_NAME, else fxn."),
});
