// Quorums of our own nodes through the counterpart: what each of them says, claims and keeps, and what the user reads.
import { expect, test } from "bun:test";
import { nodeIn, saying, VLLM, World } from "../../../test/fakes/blindference-world.ts";

test("three nodes answer a prompt: the leader delivers, both verifiers confirm, and the user reads the answer", async () => {
  const world = new World();
  const nodes = ["1", "2", "3"].map((key) => nodeIn(world, key));
  const job = await world.job(
    "What is 2+2?",
    nodes.map(({ account }) => account),
  );
  await world.until(() => job.votes.size === 2);
  expect(job.status).toBe("accepted");
  expect(world.answerOf(job)).toBe("the answer is 4");
  expect([...job.votes.values()].map(({ verdict, confidence }) => [verdict, confidence])).toEqual([
    ["CONFIRM", 100],
    ["CONFIRM", 100],
  ]);
  // Whoever claims may be punished: the leader must, a verifier need not.
  expect(job.calls.claims).toEqual([job.leader]);
  expect(job.calls.results).toBe(1);
  expect(world.icl.violations).toEqual([]);
  for (const node of nodes) await node.stop();
});

test("a verifier with another model votes REJECT with its own hash, and two equal answers of three are accepted", async () => {
  const world = new World();
  const nodes = [nodeIn(world, "1"), nodeIn(world, "2"), nodeIn(world, "3", { says: saying(() => "it is five") })];
  const job = await world.job(
    "What is 2+2?",
    nodes.map(({ account }) => account),
  );
  await world.until(() => job.votes.size === 2);
  expect(job.status).toBe("accepted");
  const other = job.votes.get(nodes[2]?.account.checksumAddress ?? "");
  expect(other).toMatchObject({ verdict: "REJECT", confidence: 0 });
  expect(other?.commitment_hash).not.toBe(job.result?.commitment_hash ?? "");
  for (const node of nodes) await node.stop();
});

test("a text is continued as it is by the other form, and white space decides nothing", async () => {
  const world = new World();
  const nodes = [
    nodeIn(world, "1", { says: saying(() => " an  answer\n") }),
    nodeIn(world, "2", { says: saying(() => "an\u0085answer") }),
  ];
  const job = await world.job(
    "Once",
    nodes.map(({ account }) => account),
    { modelId: VLLM },
  );
  await world.until(() => job.votes.size === 1);
  expect(job.status).toBe("accepted");
  expect(world.answerOf(job)).toBe(" an  answer\n");
  expect(nodes[0]?.calls[0]).toMatchObject({
    prompt: "Once",
    maxTokens: 2048,
    seed: 42,
    topP: 1,
    topK: -1,
    temperature: 0,
  });
  for (const node of nodes) await node.stop();
});
