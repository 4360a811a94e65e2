// The demo's requests: what a gateway and the scheduler ask, what came, and what must be refused.
import type { PrivateKeyAccount } from "viem/accounts";
import { type SignedFetchOptions, signedFetch } from "./gateway.ts";

export interface DemoTarget {
  readonly url: string;
  readonly gateway: PrivateKeyAccount;
  readonly scheduler: PrivateKeyAccount;
  readonly stranger: PrivateKeyAccount;
}

export interface Asked {
  readonly what: string;
  readonly status: number;
  /** What came, in a few words; of an error, its message. */
  readonly answer: string;
  /** undefined: the answer came whole. */
  readonly firstMs: number | undefined;
  readonly totalMs: number;
  readonly tokens: number | undefined;
  readonly tokensPerSecond: number | undefined;
}

export interface Refused {
  readonly attack: string;
  /** Status and error code. */
  readonly expected: string;
  readonly got: string;
}

interface Usage {
  usage?: { completion_tokens?: number; prompt_tokens?: number };
}

interface Chunk {
  choices?: { delta?: { content?: string } }[];
  error?: { message: string };
}

type Body = Record<string, unknown>;

function post(
  target: DemoTarget,
  account: PrivateKeyAccount,
  path: string,
  body: Body,
  options?: SignedFetchOptions,
): Promise<Response> {
  const headers = { "content-type": "application/json" };
  return signedFetch(account, options)(`${target.url}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
}

interface Question<Answer> {
  readonly what: string;
  readonly path: string;
  readonly body: Body;
  /** Default: the gateway. */
  readonly as?: PrivateKeyAccount;
  /** The answer in a few words. */
  readonly tell: (answer: Answer) => string;
}

async function askJson<Answer>(target: DemoTarget, question: Question<Answer>): Promise<Asked> {
  const { what, path, body, as = target.gateway, tell } = question;
  const started = performance.now();
  const response = await post(target, as, path, body);
  const text = await response.text();
  const totalMs = performance.now() - started;
  const about = { what, status: response.status, firstMs: undefined, totalMs };
  if (!response.ok) return { ...about, answer: reasonOf(text), tokens: undefined, tokensPerSecond: undefined };
  const answer: Answer & Usage = JSON.parse(text);
  const { completion_tokens: made, prompt_tokens: read } = answer.usage ?? {};
  const tokensPerSecond = made === undefined ? undefined : made / (totalMs / 1000);
  return { ...about, answer: tell(answer), tokens: made ?? read, tokensPerSecond };
}

export function askCompletion(target: DemoTarget, model: string): Promise<Asked> {
  return askJson(target, {
    what: "completion",
    path: "/v1/completions",
    body: { model, prompt: "The river", max_tokens: 24 },
    tell: ({ choices }: { choices: { text: string }[] }) => choices[0]?.text ?? "",
  });
}

export function askEmbedding(target: DemoTarget, model: string): Promise<Asked> {
  return askJson(target, {
    what: "embedding",
    path: "/v1/embeddings",
    body: { model, input: "a quiet village" },
    tell({ data }: { data: { embedding: number[] }[] }) {
      const numbers = data[0]?.embedding ?? [];
      return `${numbers.length} numbers: ${numbers
        .slice(0, 8)
        .map((number) => number.toFixed(2))
        .join(" ")}`;
    },
  });
}

export function askIdentity(target: DemoTarget): Promise<Asked> {
  return askJson(target, {
    what: "challenge",
    path: "/challenge",
    body: { type: "IDENTITY", payload: {} },
    as: target.scheduler,
    tell: ({ ipAddress, publicKey }: { ipAddress: string; publicKey: string }) =>
      `IDENTITY: ${ipAddress}, signed by ${publicKey}`,
  });
}

/** `show` gets each piece of text when it comes. */
export async function askStream(target: DemoTarget, chat: Body, show: (text: string) => void): Promise<Asked> {
  const started = performance.now();
  const response = await post(target, target.gateway, "/v1/chat/completions", chat);
  const about = { what: "chat, streamed", status: response.status };
  if (!response.ok) {
    const answer = reasonOf(await response.text());
    const totalMs = performance.now() - started;
    return { ...about, answer, firstMs: undefined, totalMs, tokens: undefined, tokensPerSecond: undefined };
  }
  let answer = "";
  let tokens = 0;
  let firstAt: number | undefined;
  for await (const event of dataOf(response)) {
    if (event === "[DONE]") break;
    const chunk: Chunk = JSON.parse(event);
    if (chunk.error) throw new Error(chunk.error.message);
    const text = chunk.choices?.[0]?.delta?.content;
    if (!text) continue;
    firstAt ??= performance.now();
    tokens++;
    answer += text;
    show(text);
  }
  const ended = performance.now();
  const firstMs = firstAt === undefined ? undefined : firstAt - started;
  const tokensPerSecond = firstAt === undefined ? undefined : tokens / ((ended - firstAt) / 1000);
  return { ...about, answer, firstMs, totalMs: ended - started, tokens, tokensPerSecond };
}

async function* dataOf(response: Response): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const bytes of response.body ?? []) {
    rest += decoder.decode(bytes, { stream: true });
    const lines = rest.split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line.startsWith("data: ")) yield line.slice("data: ".length).trim();
  }
}

export async function refusals(target: DemoTarget, chat: Body): Promise<Refused[]> {
  const path = "/v1/chat/completions";
  const body = { ...chat, stream: false, max_tokens: 4 };
  const now = Math.floor(Date.now() / 1000);
  const nonce = crypto.randomUUID();
  const outcome = async (response: Response) => {
    const { error }: { error?: { code: string } } = JSON.parse(await response.text());
    return error ? `${response.status} ${error.code}` : String(response.status);
  };
  const original = await post(target, target.gateway, path, body, { nonce, timestamp: now });
  await original.text();
  const attempts: [attack: string, expected: string, response: Promise<Response>][] = [
    ["a replay", "401 nonce_replayed", post(target, target.gateway, path, body, { nonce, timestamp: now })],
    ["a stale timestamp", "401 timestamp_too_old", post(target, target.gateway, path, body, { timestamp: now - 3600 })],
    [
      "a changed body",
      "401 invalid_signature",
      post(target, target.gateway, path, body, { alterBody: (text) => text.replace("village", "castle") }),
    ],
    ["a stranger", "401 caller_not_authorized", post(target, target.stranger, path, body)],
  ];
  return Promise.all(
    attempts.map(async ([attack, expected, response]) => ({ attack, expected, got: await outcome(await response) })),
  );
}

/** The message of an error in the OpenAI API's form, or whatever else came. */
function reasonOf(text: string): string {
  try {
    const { error }: { error?: { message?: string } } = JSON.parse(text);
    return error?.message ?? text;
  } catch {
    return text;
  }
}
