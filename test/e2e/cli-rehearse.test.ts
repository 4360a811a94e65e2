// fxn challenge rehearse, as an operator types it, and the private listener that it opens.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { askControl } from "../../src/lib/control-socket.ts";
import { healthy, json } from "../fakes/model-server.ts";
import { signedFetch, signedHeaders } from "../sandbox/gateway.ts";
import vectors from "../vectors/function.json";
import { fxn, makeHome, removeHome, writeGoKey } from "./node.ts";
import { account, CHAT, chatBody, openWorld, outcome, type World } from "./world.ts";

let world: World;
/** Of an operator who has the scheduler's key, and no node. */
const elsewhere = makeHome();
beforeAll(async () => {
  world = await openWorld();
  writeGoKey(elsewhere, vectors.keys.scheduler);
});
afterAll(async () => {
  await world.close();
  removeHome(elsewhere);
});

const challenge = (...args: string[]) => fxn(["challenge", ...args, "--home", world.home]);
const small = ["--size", "256", "--rows", "8"];
const asScheduler = ["--account", "node", "--home", elsewhere];

const report = z.object({
  schema: z.literal(1),
  passed: z.boolean(),
  checks: z.array(z.object({ name: z.string(), outcome: z.string(), what: z.string(), ms: z.number() })),
});

describe("fxn challenge rehearse", () => {
  const outcomes = (stdout: string) =>
    Object.fromEntries(report.parse(JSON.parse(stdout)).checks.map(({ name, outcome }) => [name, outcome]));
  const whatOf = (stdout: string, name: string) =>
    report.parse(JSON.parse(stdout)).checks.find((check) => check.name === name)?.what;
  const ALL = {
    IDENTITY: "pass",
    MATRIX_MULTIPLICATION: "pass",
    MATRIX_PROOF: "pass",
    "chat, streamed": "pass",
  };

  test("the node of this home passes, with the rates that it reached", async () => {
    const { code, stdout, stderr } = await challenge("rehearse", ...small);
    expect([code, stderr]).toEqual([0, ""]);
    const lines = stdout.split("\n");
    expect(lines[1]).toStartWith(`pass  IDENTITY               ${vectors.keys.node.address} at 203.0.113.7`);
    expect(stdout).toMatch(/^pass {2}MATRIX_MULTIPLICATION {2}[\d.]+ GFLOPS in float64 at 1024; cpu on /m);
    expect(stdout).toMatch(/^pass {2}MATRIX_PROOF {11}[\d.]+ GOPS at 256, \d+ ms in all, 8 rows right; cpu on /m);
    expect(stdout).toMatch(/^pass {2}chat, streamed {9}tiny: first token after \d+ ms, then \d+ chunks\/s$/m);
    expect(stdout).toEndWith("\nNothing failed.\n");
  });

  test("with its URL: the door is looked at too", async () => {
    const { code, stdout } = await challenge("rehearse", `${world.node.url}/`, ...small, "--json");
    expect([code, outcomes(stdout)]).toEqual([0, { ...ALL, "public door": "pass", ENDPOINT_REACHABLE: "skipped" }]);
    expect(whatOf(stdout, "public door")).toEndWith("and refuses a stranger");
  });

  test("all of it through the URL, by a key that the node knows as its scheduler", async () => {
    const { code, stdout } = await fxn(["challenge", "rehearse", world.node.url, ...small, "--json", ...asScheduler]);
    expect([code, outcomes(stdout)]).toEqual([0, { ...ALL, "public door": "pass", ENDPOINT_REACHABLE: "skipped" }]);
  });

  test("by a key that the node does not know, or at a URL where nothing is: every check says why", async () => {
    const unknown = await challenge("rehearse", world.node.url, ...small, "--json", "--account", "node");
    expect(unknown.code).toBe(1);
    expect(whatOf(unknown.stdout, "IDENTITY")).toStartWith("answered 401: ");
    const nowhere = await fxn(["challenge", "rehearse", "http://127.0.0.1:1", ...small, "--json", ...asScheduler]);
    expect(nowhere.code).toBe(1);
    for (const { outcome, what } of report.parse(JSON.parse(nowhere.stdout)).checks) {
      expect([outcome, what]).toEqual(["fail", expect.stringContaining("127.0.0.1:1")]);
    }
    expect((await challenge("rehearse", "node.example")).code).toBe(2);
  });

  test("the model server is down, or cuts its streams: the chat fails with the reason, the rest passes", async () => {
    for (const behave of [json({ error: { message: "no GPU left" } }, 500), json({}, 200)]) {
      world.model.behave = (received, response) => (received.method === "GET" ? healthy : behave)(received, response);
      const { code, stdout } = await challenge("rehearse", ...small, "--json");
      expect([code, outcomes(stdout)]).toMatchObject([1, { ...ALL, "chat, streamed": "fail" }]);
      expect(whatOf(stdout, "chat, streamed")).toMatch(/no GPU left|a stream was asked for/);
    }
    world.model.behave = healthy;
  });

  test("no node runs: exit code 1, and what to do", async () => {
    const { code, stdout, stderr } = await fxn(["challenge", "rehearse", "--home", elsewhere]);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toContain(`no node runs on ${elsewhere}`);
  });

  test("its listener is gone afterwards", async () => {
    const ports = [...world.node.log().matchAll(/"port":(\d+),"scheduler":/g)].map(([, port]) => Number(port));
    expect(ports.length).toBeGreaterThan(3);
    for (const port of ports) await expect(fetch(`http://127.0.0.1:${port}/health`)).rejects.toThrow();
  });

  test("a node that does not know its public IP: IDENTITY fails with the reason", async () => {
    await world.node.stop();
    const config = join(world.home, "config.yaml");
    writeFileSync(config, readFileSync(config, "utf8").replace(/^ *publicIp:.*\n/m, ""));
    await world.restart();
    const { code, stdout } = await challenge("rehearse", ...small, "--json");
    expect([code, outcomes(stdout)]).toMatchObject([1, { ...ALL, IDENTITY: "fail" }]);
    expect(whatOf(stdout, "IDENTITY")).toContain("does not know its public IP");
    // No scheduler has seen it: what counts is how those with the scheduler's key ended, before this start.
    const doctor = await fxn(["doctor", "--home", world.home, "--only", "challenge.answered"]);
    expect([doctor.code, doctor.stdout]).toEqual([
      0,
      expect.stringMatching(/^ok +challenge\.answered .*IDENTITY \w+ ago, before this start/m),
    ]);
    const metrics = await (await fetch(`${world.node.admin}/metrics`)).text();
    expect(metrics).toContain('fxn_challenge_rehearsals_total{type="IDENTITY",outcome="failed"} 1');
    expect(metrics).not.toContain("fxn_challenge_total{");
  });

  test("the scheduler's own fails: why says so, and after a restart still", async () => {
    const failed = await world.send("/challenge", { type: "IDENTITY", payload: {} }, { as: "scheduler" });
    expect(failed.status).toBe(500);
    const words = /challenge\.answered: .*IDENTITY failed \w+ ago, before this start: .*public IP/;
    await world.node.stop();
    await world.restart();
    const { code, stdout } = await fxn(["why", "--home", world.home]);
    expect([code, stdout]).toEqual([1, expect.stringMatching(words)]);
  });
});

describe("the private listener of a rehearsal", () => {
  const control = (method: "PUT" | "DELETE", path: string) => askControl(world.home, method, path);
  const portOf = (answer: unknown) => z.object({ json: z.object({ port: z.number() }) }).parse(answer).json.port;
  const body = JSON.stringify({ type: "IDENTITY", payload: {} });
  const post = (port: number, path: string, text: string, headers: Record<string, string>) =>
    fetch(`http://127.0.0.1:${port}${path}`, { method: "POST", body: text, headers });

  test("attack: it is for one key: a gateway, the real scheduler and strangers are refused on every route", async () => {
    const port = portOf(await control("PUT", `/rehearsal/${vectors.keys.node.address}`));
    for (const who of ["gateway", "scheduler", "stranger"] as const) {
      for (const [path, text] of [
        ["/challenge", body],
        [CHAT, JSON.stringify(chatBody())],
      ] as const) {
        const response = await post(port, path, text, await signedHeaders(account(who), text));
        expect(await outcome(response)).toBe("401 caller_not_authorized");
      }
    }
    const own = await signedHeaders(account("node"), body);
    expect(await outcome(await post(port, "/challenge", body, own))).toMatch(/^200|public_ip_unknown$/);
    expect(await outcome(await post(port, "/challenge", body, own))).toBe("401 nonce_replayed");
  });

  test("attack: its key is nobody at the public door", async () => {
    portOf(await control("PUT", `/rehearsal/${vectors.keys.node.address}`));
    const send = signedFetch(account("node"));
    expect(await outcome(await send(`${world.node.url}/challenge`, { method: "POST", body }))).toBe(
      "401 caller_not_authorized",
    );
  });

  test("a new one takes the place of the old one; closed, it is gone, and closing it again is no fault", async () => {
    const first = portOf(await control("PUT", `/rehearsal/${vectors.keys.node.address}`));
    const second = portOf(await control("PUT", `/rehearsal/${vectors.keys.gateway.address}`));
    await expect(fetch(`http://127.0.0.1:${first}/health`)).rejects.toThrow();
    expect((await fetch(`http://127.0.0.1:${second}/health`)).status).toBe(200);
    for (let i = 0; i < 2; i++) {
      const closed = await control("DELETE", `/rehearsal/${vectors.keys.gateway.address}`);
      expect(closed?.status).toBe(200);
    }
    await expect(fetch(`http://127.0.0.1:${second}/health`)).rejects.toThrow();
    expect((await control("PUT", "/rehearsal/0x12"))?.status).toBe(404);
  });
});
