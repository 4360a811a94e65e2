// What goes out to each kind of target: as a strict receiver of that kind reads it.
import { describe, expect, test } from "bun:test";
import { createHmac } from "node:crypto";
import { alertmanagerMessage, ntfyMessage, telegramMessage } from "../../../test/fakes/alert-receivers.ts";
import { notice } from "../../../test/fakes/alerts.ts";
import { alerts as schema } from "../../config/watch-settings.ts";
import type { Notice } from "../../core/alert.ts";
import type { Fetch, FetchOptions } from "../../lib/fetch.ts";
import { isChosen } from "../chosen.ts";
import { openTargets } from "./index.ts";
import { placeOf } from "./ntfy.ts";

function setUp(settings: unknown, status = 200, answer: unknown = { ok: true }) {
  const sent: { url: string; options: FetchOptions; headers: Headers; text: string }[] = [];
  const fetch: Fetch = async (url, options) => {
    sent.push({ url, options, headers: new Headers(options.headers), text: String(options.body) });
    return { status, headers: new Headers(), body: new TextEncoder().encode(JSON.stringify(answer)) };
  };
  const ports = { fetch, node: "knoten-ä", version: "1.2.3", explain, now: () => 1_750_000_000_999 };
  const targets = openTargets(schema.parse(settings), ports);
  const send = async (message: Notice) => {
    const { signal } = new AbortController();
    return Promise.all(targets.map((target) => target.send(message, signal)));
  };
  return { targets, send, sent };
}

const explain = (id: string) => {
  if (id === "backend.answers") return { id, title: "", looksAt: "Each model server.", mend: "Start it." };
  if (id !== "toy.funds") return undefined;
  return { id, title: "", looksAt: "Its account.", income: "Red: no work comes.", mend: "Fill it." };
};

const over: Notice = { at: 61_000, alerts: [{ ...notice("a.b").alerts[0]!, state: "resolved", since: 1000 }] };

describe("a webhook", () => {
  test("is what Alertmanager sends, with schema 1", async () => {
    const { send, sent } = setUp({ webhooks: [{ url: "https://hooks.example/T0K3N?x=1" }] });
    await send(notice("backend.answers", "disk.free"));
    await send(over);
    const [firing, resolved] = sent.map(({ text }) => alertmanagerMessage.parse(JSON.parse(text)));
    expect(firing).toMatchObject({ schema: 1, version: "4", status: "firing" });
    expect(firing?.alerts[0]).toMatchObject({
      status: "firing",
      labels: { alertname: "backend.answers", severity: "critical", instance: "knoten-ä" },
      annotations: {
        ...{ description: "it is not", hint: "mend it", looks_at: "Each model server.", mend: "Start it." },
        runbook: "fxn doctor --explain backend.answers",
      },
      endsAt: "0001-01-01T00:00:00Z",
    });
    expect(resolved?.alerts[0]).toMatchObject({
      status: "resolved",
      startsAt: "1970-01-01T00:00:01.000Z",
      endsAt: "1970-01-01T00:01:01.000Z",
    });
    expect(sent[0]?.url).toBe("https://hooks.example/T0K3N?x=1");
  });

  test("says what a red costs, where that is known; so does a text", async () => {
    const { send, sent } = setUp({
      webhooks: [{ url: "https://hooks.example/" }],
      ntfy: [{ url: "https://n.example/t" }],
    });
    await send(notice("toy.funds", "backend.answers"));
    const [body, ntfy] = sent.map((one) => one.text);
    const { message } = ntfyMessage.parse(JSON.parse(ntfy ?? ""));
    const alerts = alertmanagerMessage.parse(JSON.parse(body ?? "")).alerts;
    expect(alerts.map(({ annotations }) => annotations.income)).toEqual(["Red: no work comes.", undefined]);
    expect(message).toContain("What it looks at: Its account.\nFor income: Red: no work comes.\nWhat to do: Fill it.");
    expect(message.match(/For income/g)).toHaveLength(1);
  });

  test("carries its headers, and a signature over time and body where a secret is shared", async () => {
    const { send, sent } = setUp({
      webhooks: [{ url: "https://h.example/", headers: "authorization=Bearer%20abc,x-team=gpu", secret: "s3cret" }],
    });
    await send(notice("a.b"));
    const [{ headers, text } = { headers: new Headers(), text: "" }] = sent;
    expect(headers.get("authorization")).toBe("Bearer abc");
    expect(headers.get("x-team")).toBe("gpu");
    expect(headers.get("x-fxn-timestamp")).toBe("1750000000");
    const expected = createHmac("sha256", "s3cret").update(`1750000000.${text}`).digest("hex");
    expect(headers.get("x-fxn-signature")).toBe(`sha256=${expected}`);
    expect(text).not.toContain("s3cret");
  });

  test("is named by its host alone, and with a number where there are several", () => {
    const webhooks = [{ url: "https://h.example/secret-1" }, { url: "https://h.example/secret-2" }];
    const ntfy = [{ url: "https://n.example/topic" }];
    expect(setUp({ webhooks, ntfy }).targets.map(({ name }) => name)).toEqual([
      "webhook h.example",
      "webhook h.example #2",
      "ntfy n.example",
    ]);
  });

  test.each([
    [403, "alert_refused"],
    [404, "alert_refused"],
    [429, "alert_busy"],
    [503, "alert_busy"],
  ])("an answer of %p is %p", async (status, code) => {
    const { send } = setUp({ webhooks: [{ url: "https://h.example/secret-1" }] }, status);
    await expect(send(notice("a.b"))).rejects.toMatchObject({
      code,
      message: `webhook h.example: it answered ${status}`,
    });
  });
});

describe("ntfy", () => {
  const url = "https://ntfy.example/sub/my-node";

  test("is its JSON form, in any script, with priorities by severity", async () => {
    const { send, sent } = setUp({ ntfy: [{ url, token: "tk_1" }], linkBase: "https://docs.example/fxn" });
    await send(notice("a.b", "c.d"));
    await send(over);
    const [first, second] = sent.map(({ text }) => ntfyMessage.parse(JSON.parse(text)));
    expect(sent[0]?.url).toBe("https://ntfy.example/sub/");
    expect(sent[0]?.headers.get("authorization")).toBe("Bearer tk_1");
    expect(first).toMatchObject({ topic: "my-node", title: "knoten-ä: a.b and 1 more", priority: 5 });
    expect(first?.message).toBe(
      [
        ...["a.b: it is not", "mend it", "On the machine: fxn doctor --explain a.b", ""],
        ...["c.d: it is not", "mend it", "On the machine: fxn doctor --explain c.d"],
      ].join("\n"),
    );
    expect(first?.click).toBeUndefined();
    expect(second).toMatchObject({ title: "knoten-ä: over: a.b", priority: 2, tags: ["white_check_mark"] });
  });

  test("who reads it on a phone finds in it what the check looks at, what to do, and the command; a link where there is one", async () => {
    const { send, sent } = setUp({ ntfy: [{ url }] });
    const [alert] = notice("backend.answers").alerts;
    await send({ at: 0, alerts: [{ ...alert!, link: "https://docs.example/#x" }] });
    const { message, click } = ntfyMessage.parse(JSON.parse(sent[0]?.text ?? ""));
    expect(message.split("\n")).toEqual([
      ...["backend.answers: it is not", "mend it", "What it looks at: Each model server.", "What to do: Start it."],
      ...["On the machine: fxn doctor --explain backend.answers", "https://docs.example/#x"],
    ]);
    expect(click).toBe("https://docs.example/#x");
    // Of many alerts what was found is there of each, rather than all words of some.
    const many = Array.from({ length: 30 }, () => alert!);
    await send({ at: 0, alerts: many });
    const long = ntfyMessage.parse(JSON.parse(sent[1]?.text ?? "")).message;
    expect([long.match(/it is not/g)?.length, long.includes("Each model server")]).toEqual([30, false]);
  });

  test("a long message is cut at a character, and a line break adds no header", async () => {
    const { send, sent } = setUp({ ntfy: [{ url }] });
    const [alert] = notice("a.b").alerts;
    await send({
      at: 0,
      alerts: [{ ...alert!, message: `ä\r\nX-Evil: 1${"ä".repeat(5000)}`, link: "https://d.example/#a" }],
    });
    const [one] = sent;
    const parsed = ntfyMessage.parse(JSON.parse(one?.text ?? ""));
    expect(Buffer.byteLength(parsed.message)).toBeLessThanOrEqual(4096);
    expect(parsed.message).not.toContain("\uFFFD");
    expect(parsed.click).toBe("https://d.example/#a");
    expect([...(one?.headers.keys() ?? [])]).toEqual(["content-type", "user-agent"]);
  });

  test.each([
    ["https://n.example/t", "https://n.example/", "t"],
    ["https://n.example/a/b/t/", "https://n.example/a/b/", "t"],
    ["http://[::1]:80/t", "http://[::1]/", "t"],
  ])("%p is a topic at a server", (from, server, topic) => {
    expect(placeOf(from)).toEqual({ server, topic });
  });
});

describe("Telegram", () => {
  const [token, chatId] = ["42:AAcanary", "-1001234567890"];
  const one = { telegram: [{ token, chatId }] };

  test("is sendMessage as plain text: what is over makes no sound, and nothing in it is markup", async () => {
    const { targets, send, sent } = setUp(one);
    await send(notice("a.b", "c.d"));
    await send(over);
    expect(targets.map(({ name }) => name)).toEqual(["telegram api.telegram.org"]);
    expect(sent[0]?.url).toBe("https://api.telegram.org/bot42:AAcanary/sendMessage");
    const [first, second] = sent.map(({ text }) => telegramMessage.parse(JSON.parse(text)));
    expect(first).toMatchObject({ chat_id: chatId, disable_notification: false });
    expect(first?.text).toStartWith("\u{1F534} knoten-ä: a.b and 1 more\n\n");
    expect(first?.text).toContain("a.b: it is not\nmend it\nOn the machine: fxn doctor --explain a.b");
    expect(second).toMatchObject({ disable_notification: true });
    expect(second?.text).toStartWith("\u{1F7E2} knoten-ä: over: a.b\n\nOVER  a.b");
  });

  test("a long message is cut at a character", async () => {
    const { send, sent } = setUp({ telegram: [{ token, chatId: "@ops", server: "http://bots.example:81/x/" }] });
    const [alert] = notice("a.b").alerts;
    await send({ at: 0, alerts: [{ ...alert!, message: "\u{1F525}".repeat(5000) }] });
    expect(sent[0]?.url).toBe("http://bots.example:81/x/bot42:AAcanary/sendMessage");
    expect(telegramMessage.parse(JSON.parse(sent[0]?.text ?? "")).text).toEndWith("\u{1F525}…");
  });

  test.each([
    [
      400,
      { description: "Bad Request: chat not found" },
      "alert_refused",
      "400: Bad Request: chat not found",
      undefined,
    ],
    [
      401,
      { description: "Unauthorized: 42:AAcanary\u001b[2J" },
      "alert_refused",
      "401: Unauthorized: *** [2J",
      undefined,
    ],
    [
      400,
      {
        description: "Bad Request: group chat was upgraded to -1009",
        parameters: { migrate_to_chat_id: -1009 },
      },
      "alert_refused",
      "400: the group has become a supergroup with another chatId: see getUpdates",
      undefined,
    ],
    [
      429,
      { description: "Too Many Requests", parameters: { retry_after: 31 } },
      "alert_busy",
      "429: Too Many Requests",
      31,
    ],
    [502, "no JSON of theirs", "alert_busy", "502", undefined],
  ])("an answer of %p %p is %p", async (status, answer, code, words, retryAfter) => {
    const { send } = setUp(one, status, typeof answer === "object" ? { ok: false, ...answer } : answer);
    const message = `telegram api.telegram.org: it answered ${words}`;
    await expect(send(notice("a.b"))).rejects.toMatchObject({ code, message, retryAfter });
  });

  test.each([[{ ok: false }], ["<html>"], [{}]])("200 with %p was not taken by Telegram", async (answer) => {
    const { send } = setUp(one, 200, answer);
    await expect(send(notice("a.b"))).rejects.toMatchObject({ code: "alert_busy" });
  });
});

test("who is told of what: by id, by room, by severity", () => {
  const choose = (settings: unknown) => {
    const choice = schema.parse(settings);
    const all = ["backend.answers", "backend.models", "disk.free"] as const;
    return all.filter((id) => isChosen({ id, severity: id === "disk.free" ? "warning" : "critical" }, choice));
  };
  expect(choose({})).toHaveLength(3);
  expect(choose({ include: ["backend.*"] })).toEqual(["backend.answers", "backend.models"]);
  expect(choose({ include: "backend.*,disk.free", exclude: ["backend.models"] })).toEqual([
    "backend.answers",
    "disk.free",
  ]);
  expect(choose({ leastSeverity: "critical" })).toEqual(["backend.answers", "backend.models"]);
});

test("settings that are none are refused: a topic without a name, headers with a line break", () => {
  for (const bad of [
    { ntfy: [{ url: "https://ntfy.example/" }] },
    { ntfy: [{ url: "ftp://ntfy.example/t" }] },
    { webhooks: [{ url: "https://h.example", headers: "x=a%0d%0ay: b" }] },
    { webhooks: [{ url: "https://h.example", headers: "no pair" }] },
    { webhooks: [{ url: "h.example" }] },
    { include: ["a b"] },
    { telegram: [{ token: "42:AA/../x", chatId: "1" }] },
    { telegram: [{ token: "42:AA", chatId: "my chat" }] },
    { telegram: [{ token: "42:AA" }] },
  ]) {
    expect(schema.safeParse(bad).success).toBe(false);
  }
});
