// A model that gives the same answer to a question whoever asks, so that nodes agree, and a test knows what they say.
import { z } from "zod";
import { type Behaviour, healthy, json, stream, USAGE } from "./model-server.ts";

/** @param prompt with "question <number>" in it */
export const answerTo = (prompt: string): string => piecesOf(prompt).join("");

export const answering: Behaviour = (received, response) => {
  if (received.method === "GET") return healthy(received, response);
  const text = received.body.toString();
  const { stream: streamed } = asked.parse(JSON.parse(text));
  if (streamed) return stream({ tokens: piecesOf(text) })(received, response);
  const message = { role: "assistant", content: answerTo(text) };
  const choices = [{ index: 0, message, finish_reason: "stop" }];
  return json({ id: "x", choices, usage: USAGE })(received, response);
};

const asked = z.object({ stream: z.boolean().default(false) });

const piecesOf = (text: string) => ["the answer to ", /question \d+/.exec(text)?.[0] ?? "nothing"];
