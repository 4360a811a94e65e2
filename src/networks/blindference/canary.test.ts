// Confidentiality: what a user asked and what was answered is looked for wherever it might be left, and must be nowhere.
import { expect, test } from "bun:test";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Node, nodeIn, saying, World } from "../../../test/fakes/blindference-world.ts";

const PROMPT = "canary-prompt-6f1d";
const ANSWER = "canary-answer-9a2c";

/** Everything that outlives a job, or is told of it. */
function traces(world: World, node: Node): string {
  const files = (folder: string): string[] =>
    readdirSync(folder).flatMap((name) => {
      const path = join(folder, name);
      return statSync(path).isDirectory() ? files(path) : [readFileSync(path, "latin1")];
    });
  const state = ["job", "ended", "claim", "certificate", "chain-heartbeat"].flatMap((kind) => node.state.all(kind));
  return [
    JSON.stringify(node.log.lines),
    JSON.stringify(state),
    JSON.stringify(node.earned, (_key, value) => (typeof value === "bigint" ? String(value) : value)),
    JSON.stringify(node.session.status()),
    JSON.stringify(node.session.health()),
    ...files(node.ports.home),
    ...world.icl.seen.map(({ path, body }) => path + body),
    ...world.uploads.map((bytes) => Buffer.from(bytes).toString("latin1")),
  ].join("\n");
}

const clean = (text: string) => {
  for (const word of [PROMPT, ANSWER]) {
    for (const form of [word, Buffer.from(word).toString("hex"), Buffer.from(word).toString("base64").slice(0, 20)]) {
      expect(text).not.toContain(form);
    }
  }
};

test("a quorum leaves neither prompt nor answer in state, logs, earnings, files, status, or requests to the ICL", async () => {
  const world = new World();
  const nodes = ["1", "2"].map((key) => nodeIn(world, key, { says: saying(() => ANSWER) }));
  const job = await world.job(
    PROMPT,
    nodes.map(({ account }) => account),
  );
  for (let step = 0; job.votes.size === 0 && step < 400; step++) {
    await world.pass(250);
    // In the middle of the work as well.
    for (const node of nodes) clean(traces(world, node));
  }
  expect(job.status).toBe("accepted");
  expect(nodes[0]?.calls[0]?.prompt).toHaveLength(2);
  await world.pass(30_000);
  for (const node of nodes) {
    clean(traces(world, node));
    await node.stop();
    clean(traces(world, node));
  }
});

test("models and services that fail, and quote what they were given, do not carry it into a record or a log", async () => {
  const world = new World();
  const node = nodeIn(world, "1", {
    // biome-ignore lint/correctness/useYield: it fails before it says anything
    async *says() {
      throw new Error(`cannot parse ${PROMPT}`);
    },
  });
  await world.job(PROMPT, [node.account]);
  const loud = nodeIn(world, "2", { says: saying(() => ANSWER) });
  world.uploadFails = 1000;
  await world.job(PROMPT, [loud.account]);
  const odd = await world.job(PROMPT, [node.account]);
  world.files.set(odd.promptCid, Buffer.from(PROMPT));
  await world.pass(400_000, 1000);
  for (const one of [node, loud]) {
    const text = traces(world, one);
    clean(text);
    expect(text).toContain("ended");
    await one.stop();
  }
});
