// Policies that hold or refuse to start: who may call, the sandbox, certificates; and the doctor's questions.
import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkConformance } from "../../../test/conformance/checks.ts";
import { CERTIFICATE, CERTIFICATE_KEY } from "../../../test/fakes/certificate.ts";
import { FakeClock } from "../../../test/fakes/clock.ts";
import { fakePorts } from "../../../test/fakes/fedai-ports.ts";
import { fedaiRig, KEYS, type SettingsInput } from "../../../test/fakes/fedai-rig.ts";
import { HttpError } from "../../server/errors.ts";
import { Access } from "./access.ts";
import { wireFailure } from "./errors.ts";
import { RateLimit } from "./rate-limit.ts";
import { checkSandbox } from "./sandbox.ts";
import { settings } from "./settings.ts";

const folder = mkdtempSync(join(tmpdir(), "fxn-fedai-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("lists fail closed", () => {
  test.each([
    { access: { allow: ["npub1nonsense"] } },
    { access: { block: [KEYS.node.nsec] } },
    { routers: [{ endpoint: "http://r", key: `nostr:${KEYS.router.npub}` }] },
  ])("an entry that is no key: %j", (input) => {
    expect(settings.safeParse(input).success).toBe(false);
  });

  test("nobody is served when nobody is named, unless it is said", () => {
    const access = (input: object) => new Access(settings.parse({ access: input }));
    expect(() => access({})).toThrow();
    expect(() => access({ mute: [KEYS.node.npub] })).toThrow();
    expect(access({ open: true }).refusal(KEYS.node.publicKeyXOnlyHex)).toBeUndefined();
    // A list closes what is open.
    const listed = access({ open: true, allow: [KEYS.router.npub] });
    expect(listed.refusal(KEYS.node.publicKeyXOnlyHex)?.code).toBe("router-not-allowed");
  });

  test("hex, npub and NPUB are one key", () => {
    for (const key of [KEYS.node.npub, KEYS.node.npub.toUpperCase(), KEYS.node.publicKeyXOnlyHex.toUpperCase()]) {
      const access = new Access(settings.parse({ access: { open: true, block: [key] } }));
      expect(access.refusal(KEYS.node.publicKeyXOnlyHex)?.code).toBe("router-blocked");
    }
  });
});

describe("the sandbox policy", () => {
  const check = (sandbox: SettingsInput["sandbox"], origin: string, kind = "vllm") => {
    const parsed = settings.parse({
      sandbox: { mode: "restricted", ...sandbox },
      limits: { promptBytes: 1, tokens: 1 },
    });
    try {
      checkSandbox(parsed, [{ kind, origin, names: [], works: true }]);
      return "ok";
    } catch (error) {
      return error instanceof Error && "code" in error ? error.code : error;
    }
  };

  test("names what does not hold", () => {
    expect(check({}, "http://h")).toBe("sandbox-allowlist-empty");
    expect(check({ runners: ["vllm"] }, "http://h", "ollama")).toBe("sandbox-runner-not-allowed");
    expect(check({ runners: ["vllm"] }, "http://h")).toBe("ok");
    expect(settings.safeParse({ sandbox: { mode: "strict" } }).success).toBe(false);
  });

  test("origin prefix trick", () => {
    const sandbox = { runners: ["vllm"], endpoints: ["http://host", "https://other:8443/base"] };
    for (const origin of [
      "http://host.evil",
      "http://host:81",
      "https://host",
      "http://host@evil",
      "https://other",
      "",
    ]) {
      expect(check(sandbox, origin)).toBe("sandbox-endpoint-not-allowed");
    }
    for (const origin of ["http://host", "http://HOST:80", "https://other:8443"])
      expect(check(sandbox, origin)).toBe("ok");
  });
});

describe("the listener", () => {
  test("has address, path and certificate as texts", () => {
    writeFileSync(join(folder, "a.crt"), CERTIFICATE);
    writeFileSync(join(folder, "a.key"), CERTIFICATE_KEY, { mode: 0o600 });
    const input = {
      listen: "0.0.0.0:8443",
      path: "/fedai",
      tls: { certFile: "a.crt", keyFile: "a.key", clientCaFile: "a.crt" },
    };
    const { listen } = fedaiRig(input, folder).session;
    expect(listen).toMatchObject({ host: "0.0.0.0", port: 8443, path: "/fedai" });
    expect(listen?.tls).toEqual({ cert: CERTIFICATE, key: CERTIFICATE_KEY, clientCa: CERTIFICATE });
  });

  test("does not start with a key that others can read, or none", () => {
    writeFileSync(join(folder, "open.key"), CERTIFICATE_KEY, { mode: 0o644 });
    const open = (keyFile: string) => () => fedaiRig({ tls: { certFile: "a.crt", keyFile } }, folder);
    expect(open("open.key")).toThrow();
    expect(open("none.key")).toThrow();
  });

  test.each<[ConstructorParameters<typeof HttpError>[0], number, string]>([
    ["unknown_url", 404, "not-found"],
    ["body_too_large", 413, "payload-too-large"],
    ["draining", 503, "node-stopping"],
    ["network_failed", 503, "node-busy"],
    ["host_not_allowed", 403, "invalid-request"],
  ])("says %s in the wire's words", async (code, status, error) => {
    const response = wireFailure(new HttpError(code, status, "internal words"));
    expect([response.status, await response.json()]).toEqual([status, { error }]);
  });
});

describe("the doctor", () => {
  const answers = async (input: SettingsInput) => {
    const checks = fedaiRig(input).session.checks();
    await checkConformance(checks, "fedai");
    const found = await Promise.all(
      checks.map(async ({ id, run }) => [id, (await run(new AbortController().signal)).state]),
    );
    return Object.fromEntries(found);
  };

  test("is content", async () => {
    const good = {
      endpoint: "https://node.example",
      models: [{ id: "mock-chat", contextWindow: 8192 }],
      payments: { required: true, feeMaxBps: 100, verify: { url: "http://127.0.0.1:1/" } },
    };
    expect(await answers(good)).toEqual({
      "fedai.endpoint": "ok",
      "fedai.models": "ok",
      "fedai.callers": "ok",
      "fedai.payments": "ok",
    });
  });

  test("sees what routers refuse, and what costs money", async () => {
    const bad = {
      endpoint: "http://192.168.1.2:8081",
      routers: [{ endpoint: "http://127.0.0.1:1" }],
      access: { open: true },
      payments: { required: true, unverified: true },
    };
    expect(await answers(bad)).toEqual({
      "fedai.router": "fail",
      "fedai.endpoint": "warn",
      "fedai.models": "warn",
      "fedai.callers": "warn",
      "fedai.payments": "warn",
    });
    expect((await answers({ endpoint: "http://[::1]:8081" }))["fedai.endpoint"]).toBe("warn");
    expect((await answers({ endpoint: "http://node.example" }))["fedai.endpoint"]).toBe("warn");
  });
});

test("a rate limit forgets windows that have ended", async () => {
  const clock = new FakeClock();
  const limit = new RateLimit(1, 1000, clock);
  expect([limit.admits("a"), limit.admits("a"), limit.admits("b")]).toEqual([true, false, true]);
  await clock.advance(1000);
  expect(limit.admits("a")).toBe(true);
});

test("/status and /health say what the network's tools read", async () => {
  const rig = fedaiRig({}, folder, fakePorts({ privateKeyHex: KEYS.node.privateKeyHex, home: folder }));
  expect((await rig.ask("/health")).body).toEqual({ ok: true });
  await rig.ports.clock.advance(1500);
  expect((await rig.ask("/status")).body).toEqual({
    ok: true,
    uptimeMs: 1500,
    nodeId: "node-a",
    runner: { name: "fxn", health: { ok: true } },
    inFlight: 0,
    capacity: { maxConcurrent: 4, currentLoad: 0 },
    payments: { requirePayment: false, verificationEnabled: false },
  });
  rig.ports.models = () => [];
  expect((await rig.ask("/status")).body.runner.health.ok).toBe(false);
});
