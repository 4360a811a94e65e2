// A model that gives the same answer to a question whoever asks, so that nodes agree, and a test knows what they say.
import { type Behaviour, healthy, stream } from "./model-server.ts";

/** @param prompt with "question <number>" in it */
export const answerTo = (prompt: string): string => piecesOf(prompt).join("");

export const answering: Behaviour = (received, response) => {
  if (received.method === "GET") return healthy(received, response);
  return stream({ tokens: piecesOf(received.body.toString()) })(received, response);
};

const piecesOf = (text: string) => ["the answer to ", /question \d+/.exec(text)?.[0] ?? "nothing"];
