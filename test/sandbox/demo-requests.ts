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
  readonly answer: string;
  readonly firstMs: number;
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

export async function askJson(
  target: DemoTarget,
  what: string,
  path: string,
  body: Body,
  account = target.gateway,
): Promise<Asked> {
  const started = performance.now();
  const response = await post(target, account, path, body);
  const text = await response.text();
  const seconds = (performance.now() - started) / 1000;
  const { usage }: Usage = response.ok ? JSON.parse(text) : {};
  const tokens = usage?.completion_tokens ?? usage?.prompt_tokens;
  const rate = usage?.completion_tokens === undefined ? undefined : usage.completion_tokens / seconds;
  return {
    what,
    status: response.status,
    answer: shortened(text),
    firstMs: seconds * 1000,
    tokens,
    tokensPerSecond: rate,
  };
}

/** `show` gets each piece of text when it comes. */
export async function askStream(
  target: DemoTarget,
  what: string,
  path: string,
  body: Body,
  show: (text: string) => void,
): Promise<Asked> {
  const started = performance.now();
  const response = await post(target, target.gateway, path, body);
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
  const seconds = (ended - (firstAt ?? started)) / 1000;
  return {
    what,
    status: response.status,
    answer,
    firstMs: (firstAt ?? ended) - started,
    tokens,
    tokensPerSecond: tokens / seconds,
  };
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

function shortened(text: string): string {
  return text.length > 110 ? `${text.slice(0, 107)}...` : text;
}
