// Rewards: believed of jobs that this node did, in whatever spelling, and each once.
import { expect, test } from "bun:test";
import { accountOf } from "../../../test/fakes/blindference-account.ts";
import { GROQ, nodeIn, World } from "../../../test/fakes/blindference-world.ts";

const MINUTE = 60_000;

test("rewards are taken from the payment service once, of jobs that are completed and that this node did", async () => {
  const world = new World();
  const nodes = ["1", "2"].map((key) => nodeIn(world, key));
  const accounts = nodes.map(({ account }) => account);
  const third = accountOf("9".repeat(64));
  const led = await world.job("a", [...accounts, third]);
  const refunded = await world.job("b", [...accounts, third]);
  await world.until(() => [led, refunded].every(({ status }) => status === "accepted"));
  const paid = (job: string, status: string, amount: number | string | null) => ({
    ...{ job_id: job, role: "leader", status, amount_blind_earned: amount, model_id: "another", completed_at: "x" },
  });
  const [leader, verifier] = nodes;
  const tell = (address: string, jobs: readonly object[]) =>
    world.payments.set(`/v1/nodes/${address}/jobs`, { node_address: address, count: jobs.length, jobs });
  tell(accounts[0]?.checksumAddress ?? "", [
    paid(led.id, "COMPLETED", 0.6),
    paid(refunded.id, "REFUNDED", null),
    paid(`0x${"ee".repeat(32)}`, "COMPLETED", 1_000_000),
  ]);
  tell(accounts[1]?.checksumAddress ?? "", [paid(led.id.slice(2).toUpperCase(), "COMPLETED", "0.2")]);
  await world.pass(31 * MINUTE, 5000);
  const shown = (node: typeof leader) =>
    new Set(node?.earned.map(({ job, amount, model }) => `${job} ${amount} ${model}`));
  expect(shown(leader)).toEqual(new Set([`${led.id} 600000000000000000 ${GROQ}`]));
  expect(shown(verifier)).toEqual(new Set([`${led.id} 200000000000000000 ${GROQ}`]));
  expect(new Set(leader?.earned.map(({ transaction }) => transaction)).size).toBe(1);
  expect(leader?.log.lines.filter(({ message }) => message.includes("has not done"))).toMatchObject([
    { fields: { jobs: 1 } },
  ]);
  for (const node of nodes) await node.stop();
});
