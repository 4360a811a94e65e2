// How the ICL comes to know this node, and comes to know it again after it has forgotten.
import { expect, test } from "bun:test";
import { checkConformance } from "../../../test/conformance/checks.ts";
import { GROQ, nodeIn, VLLM, World } from "../../../test/fakes/blindference-world.ts";

const MINUTE = 60_000;

test("it attests at every start with the models that it can run, then beats once a minute", async () => {
  const world = new World();
  const node = nodeIn(world, "1", { settings: { models: [GROQ, VLLM, "gemini:gemini-2.5-flash"] } });
  await world.pass(1000);
  const address = node.account.checksumAddress;
  expect(world.icl.operators.get(address)).toMatchObject({ attestations: 1, models: [GROQ, VLLM] });
  const beats = () => world.icl.seen.filter(({ path }) => path === "/internal/heartbeat").length;
  expect(beats()).toBe(1);
  await world.pass(5 * MINUTE, 5000);
  expect(beats()).toBe(6);
  expect(node.session.health()).toEqual({ ready: true, reasons: [] });
  expect(node.session.status()).toContainEqual({
    name: "model left out",
    value: "no model server has gemini-2.5-flash at /v1/chat/completions",
  });
  await node.stop();
  const again = nodeIn(world, "1", { state: node.state });
  await world.pass(1000);
  expect(world.icl.operators.get(address)?.attestations).toBe(2);
  await again.stop();
  expect(world.icl.violations).toEqual([]);
});

test("a node without a model tells the ICL of none, since none would count as all", async () => {
  const world = new World();
  const node = nodeIn(world, "1", { settings: { models: ["qwen2.5-7b"] } });
  await world.pass(2 * MINUTE, 5000);
  expect(world.icl.operators.size).toBe(0);
  expect(node.session.health().reasons.join()).toContain("no model");
  await node.stop();
});

test("an ICL that is not there at the start is asked again until it is", async () => {
  const world = new World();
  world.icl.fail("/internal", { kind: "refused" }, 20);
  const node = nodeIn(world, "1");
  await world.pass(5000);
  expect(node.session.health().ready).toBe(false);
  await world.pass(5 * MINUTE, 5000);
  expect(world.icl.operators.size).toBe(1);
  expect(node.session.health().ready).toBe(true);
  await node.stop();
});

test("after an outage it attests anew: the ICL may have restarted, and never says that it knows nobody", async () => {
  const world = new World();
  const node = nodeIn(world, "1");
  await world.pass(MINUTE, 5000);
  world.icl.forgetOperators();
  world.icl.fail("/internal", { kind: "refused" }, 12);
  await world.until(() => world.icl.operators.size === 1, 10 * MINUTE);
  await node.stop();
});

test("401 and 404 say that the node is unknown, and it attests at once", async () => {
  const world = new World();
  const node = nodeIn(world, "1");
  await world.pass(MINUTE, 5000);
  world.icl.forgetOperators();
  world.icl.fail("/internal/assignments", { kind: "status", status: 404 });
  await world.until(() => world.icl.operators.size === 1, MINUTE);
  await node.stop();
});

test("after a moment without the ICL it is asked whether it still lists the node, which then attests at once", async () => {
  const world = new World();
  const node = nodeIn(world, "1");
  await world.pass(MINUTE, 5000);
  world.icl.forgetOperators();
  world.icl.fail("/internal/assignments", { kind: "refused" }, 2);
  await world.until(() => world.icl.operators.size === 1, MINUTE);
  const attested = () => world.icl.operators.get(node.account.checksumAddress)?.attestations;
  expect(attested()).toBe(1);
  // Known again, it is not told again: attesting resets its counters.
  world.icl.fail("/internal/assignments", { kind: "refused" }, 2);
  await world.pass(2 * MINUTE, 5000);
  expect(attested()).toBe(1);
  await node.stop();
});

test("the watchdog finds that the ICL does not list the node any more", async () => {
  const world = new World();
  const node = nodeIn(world, "1");
  await world.pass(MINUTE, 5000);
  world.icl.forgetOperators();
  await world.until(() => world.icl.operators.size === 1, 11 * MINUTE);
  await node.stop();
});

test("the watchdog renews a certificate that has less than six hours, and leaves one that has more", async () => {
  const world = new World();
  const node = nodeIn(world, "1", { settings: { intervals: { heartbeat: "10m", poll: "10m" } } });
  const attested = () => world.icl.operators.get(node.account.checksumAddress)?.attestations ?? 0;
  await world.pass(1000);
  await world.pass(17 * 60 * MINUTE, 10 * MINUTE);
  expect(attested()).toBe(1);
  await world.pass(2 * 60 * MINUTE, 10 * MINUTE);
  expect(attested()).toBe(2);
  await node.stop();
});

test.each(["tpm", "tee"])("%s is refused, and no mock goes out under its name", async (attestation) => {
  const world = new World();
  const node = nodeIn(world, "1", { settings: { attestation } });
  await world.pass(MINUTE, 5000);
  expect(world.icl.operators.size).toBe(0);
  expect(node.session.health().reasons.join()).toContain("no format for quotes");
  await node.stop();
});

test("the checks say what is wrong, each with what to do", async () => {
  const world = new World();
  world.payments.set("/v1/nodes/0x/earnings", {});
  const node = nodeIn(world, "1", { settings: { models: [GROQ, "other"] } });
  const answers = async () => {
    const asked = node.session.checks().map(async (check) => {
      const answer = await check.run(new AbortController().signal);
      return [check.id.replace("blindference.", ""), answer] as const;
    });
    return Object.fromEntries(await Promise.all(asked));
  };
  await world.pass(1000);
  const found = await answers();
  await checkConformance(node.session.checks(), "blindference");
  expect(found).toMatchObject({
    icl: { state: "ok" },
    certificate: { state: "ok" },
    models: { state: "warn", hint: expect.stringContaining("model_backend.yaml") },
    keys: { state: "ok" },
    leading: { state: "ok" },
    rpc: { state: "warn", message: expect.stringContaining("no RPC is named") },
    stake: { state: "skip" },
    store: { state: "skip" },
    registered: { state: "skip" },
    availability: { state: "skip" },
    payments: { state: "warn" },
  });
  world.icl.forgetOperators();
  expect(await answers()).toMatchObject({ icl: { state: "fail", hint: expect.stringContaining("attest") } });
  await node.stop();
});
