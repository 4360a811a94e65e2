// MATRIX_MULTIPLICATION: the Function Network's own challenge, as today's scheduler knows it.
import { JsonText } from "../../src/core/challenge.ts";
import { type Challenger, LARGE_BYTES, OtherChallenge } from "../challenger.ts";
import { type Task, taskPayload } from "./payload.ts";

export const matrixMultiplication: Challenger<Task, JsonText> = {
  type: "MATRIX_MULTIPLICATION",
  summary: "the product of two matrices, its hash and the time it took",
  input: taskPayload,
  limits: { timeoutMs: 60_000, concurrent: 1, place: "device", bodyBytes: LARGE_BYTES },
  run: (task, { compute }, signal) => compute.multiply(task, signal),
  async runBody(body, { compute }, signal) {
    const answer = await compute.multiplyBody(body, signal);
    return answer instanceof JsonText ? answer : new OtherChallenge(answer.otherType);
  },
};
