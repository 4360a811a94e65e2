// Our stand-in for the control plane answers as the real one did, step by step of a recorded conversation.
import { expect, test } from "bun:test";
import { z } from "zod";
import { FakeClock } from "../../../test/fakes/clock.ts";
import { InfernetControlPlane } from "../../../test/fakes/infernet-control-plane.ts";
import { identityOf, TEST_KEY, verifySchnorr } from "../../../test/fakes/infernet-ports.ts";
import vectors from "../../../test/vectors/infernet.json";
import { ENVELOPE_HEADER, sealRequest } from "./envelope.ts";

const chat = z.object({ jobId: z.string() });
const command = z.object({ id: z.string(), command: z.string(), args: z.unknown() });
const polled = z.object({ data: z.object({ commands: z.array(command) }) });
const key = (digit: string) => identityOf(digit.repeat(64));
const own = identityOf(TEST_KEY);
const other = key("3");
/** Whose key it was, where it was not the node's. */
const SIGNERS: Readonly<Record<string, typeof own>> = {
  "register other key same node_id": other,
  "dup-key register A": key("4"),
  "dup-key register B": key("4"),
  "dup-key heartbeat": key("4"),
  "events by other provider": other,
  "complete by non-owner": other,
  "command complete by other": other,
};
/** Steps whose envelope was spoilt; what was sent in its place. */
const SPOILT: Readonly<Record<string, (header: string) => string>> = {
  "no auth header": () => "",
  "garbage header": () => "!!!",
};
const SIGNED_PATH: Readonly<Record<string, string>> = {
  "wrong path": "/api/v1/node/remove",
  "query string must be signed (unsigned query)": "/api/v1/node/me",
};

function bodyOf(name: string, request: unknown): string {
  if (name === "events 201") return JSON.stringify({ events: Array(201).fill({ event_type: "token", data: {} }) });
  if (request === null) return "";
  return typeof request === "string" ? request : JSON.stringify(request);
}

/** Names of members, so that ids and times may differ. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? [] : [shapeOf(value[0])];
  if (typeof value !== "object" || value === null) return typeof value;
  return Object.keys(value).sort();
}

test("each of the recorded steps has the same status, the same words of refusal, and data of the same form", () => {
  const clock = new FakeClock();
  const plane = new InfernetControlPlane(clock, verifySchnorr);
  let nonce = 0;
  let last = "";
  let failing = "";
  let looked = 0;
  for (const step of vectors.http_examples.steps) {
    const { name } = step;
    const provider = plane.store.rows.find((row) => row.public_key === own.pubkey && row.role === "provider");
    if (name === "POST /api/chat") {
      const { jobId: id } = chat.parse(step.response);
      const given = { payment_offer: 0.05, payment_coin: "USDC", model_name: "qwen2.5:7b" };
      plane.store.addJob(provider, { ...given, id });
    }
    if (!("path" in step) || step.path === undefined) continue;
    const { path, request, status } = step;
    failing = /jobs\/([^/]+)\/events/.exec(name === "events error" ? path : "")?.[1] ?? failing;
    if (name === "events error") plane.store.addJob(provider, { id: failing, model_name: "qwen2.5:7b" });
    if (name === "commands poll") {
      const [command] = polled.parse(step.response).data.commands;
      if (command)
        plane.store.commands.set(command.id, {
          ...command,
          pubkey: own.pubkey,
          status: "pending",
          result: null,
          error: null,
          told: 0,
        });
    }
    const body = new TextEncoder().encode(bodyOf(name, request));
    const signedBody = name === "tampered body" ? new TextEncoder().encode("{}") : body;
    const signer = SIGNERS[name] ?? own;
    const part = {
      method: "POST",
      path: SIGNED_PATH[name] ?? path,
      createdAt: Math.floor(clock.now() / 1000),
      nonce: `n${nonce++}`,
      body: signedBody,
    };
    const sealer = name === "wrong pubkey" ? { pubkey: other.pubkey, sign: own.sign } : signer;
    const header = name === "replayed nonce" ? last : (SPOILT[name]?.("") ?? sealRequest(part, sealer));
    last = header;
    const bearer = { "link no bearer": "", "link by another user": "Bearer two" }[name] ?? "Bearer one";
    const headers = new Headers({ [ENVELOPE_HEADER]: header, authorization: bearer });
    const reply = plane.handle({ method: "POST", path, headers, body });
    expect([name, reply.status]).toEqual([name, status ?? 0]);
    const wanted: unknown = step.response;
    looked++;
    if (status !== 200) {
      // Behind the colon stand the JSON reader's own words.
      const [words = ""] = JSON.stringify(wanted).split(/(?<=(?:envelope|body):)/);
      expect([name, JSON.stringify(reply.json).slice(0, words.length)]).toEqual([name, words]);
    } else if (name !== "register" && !/^me after/.test(name)) {
      const dataOf = (value: unknown) => shapeOf(Object(value).data);
      expect([name, dataOf(reply.json)]).toEqual([name, dataOf(wanted)]);
    }
  }
  expect(looked).toBe(vectors.http_examples.steps.length - 2);
});
