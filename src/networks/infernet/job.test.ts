// A job's own words, as clients write them: what is odd about them does not fail what can be answered.
import { expect, test } from "bun:test";
import { started } from "../../../test/fakes/infernet-node.ts";

const messages = [{ role: "user", content: "hello" }];

test.each(["", null])("a model_name of %j is any model", async (model_name) => {
  const { clock, rig, row } = await started();
  const job = rig.plane.store.addJob(row, { model_name });
  await clock.advance(20_000);
  expect(job).toMatchObject({ status: "completed", completed: 1 });
  expect(rig.calls[0]?.model).toBe("tiny");
});

test.each([
  [
    { max_tokens: -1, temperature: 0.5 },
    { maxTokens: undefined, temperature: 0.5 },
  ],
  [
    { max_tokens: "256", temperature: "0.7" },
    { maxTokens: 256, temperature: 0.7 },
  ],
  [
    { max_tokens: 2.5, temperature: "warm" },
    { maxTokens: undefined, temperature: undefined },
  ],
  [
    { max_tokens: "", temperature: -1 },
    { maxTokens: undefined, temperature: undefined },
  ],
  [{ max_tokens: null }, { maxTokens: undefined, temperature: undefined }],
])("of %j the model is told %j", async (given, told) => {
  const { clock, rig, row } = await started();
  const job = rig.plane.store.addJob(row, { input_spec: { messages, ...given } });
  await clock.advance(20_000);
  expect(job.completed).toBe(1);
  expect(rig.calls[0]).toMatchObject({ maxTokens: told.maxTokens, temperature: told.temperature });
});
