// Every kind of target does the same with what it is told, and with what it answers.
import { expect, test } from "bun:test";
import { alertTargetConformance, type TargetKind } from "../../../test/conformance/alert-targets.ts";
import { alerts as schema } from "../../config/watch-settings.ts";
import { openTargets } from "./index.ts";

const KINDS: readonly TargetKind[] = [
  {
    name: "webhook",
    settings: (url) => ({ webhooks: [{ url: `${url}/canary1`, headers: "x-key=canary2", secret: "canary3" }] }),
    taken: () => new Response(null, { status: 204 }),
  },
  {
    name: "ntfy",
    settings: (url) => ({ ntfy: [{ url: `${url}/canary1`, token: "canary2" }] }),
    taken: () => Response.json({ id: "x", event: "message" }),
  },
  {
    name: "telegram",
    settings: (server) => ({ telegram: [{ server, token: "42:AAcanary", chatId: "-1001" }] }),
    taken: () => Response.json({ ok: true, result: { message_id: 1 } }),
    tooSoon: (seconds) =>
      Response.json(
        { ok: false, error_code: 429, description: "Too Many Requests", parameters: { retry_after: seconds } },
        { status: 429 },
      ),
  },
];
for (const kind of KINDS) alertTargetConformance(kind);

test("there is no kind that is not looked at here", () => {
  const settings = schema.parse(Object.assign({}, ...KINDS.map((kind) => kind.settings("http://127.0.0.1:1"))));
  const ports = { fetch: () => expect.unreachable(), node: "", version: "", explain: () => undefined, now: () => 0 };
  expect(openTargets(settings, ports).map(({ name }) => name.split(" ")[0])).toEqual(KINDS.map(({ name }) => name));
  const lists = Object.entries(settings).filter(([, value]) => Array.isArray(value) && typeof value[0] === "object");
  expect(lists).toHaveLength(KINDS.length);
});
