// The port for other nodes: answers ping and info, and nothing else.
import { z } from "zod";
import type { Clock } from "../../core/clock.ts";
import type { Log } from "../../core/log.ts";
import { clean } from "../../lib/clean.ts";
import { type LineServer, openLineServer } from "../../lib/line-server.ts";

/** A question is one short line; reference nodes pad none. */
const LIMITS = { maxLineBytes: 64 * 1024, idleMs: 30_000, maxConnections: 64 };

const question = z.looseObject({ cmd: z.unknown() });

export interface P2pFacts {
  readonly nodeId: string;
  readonly name: string;
  readonly port: number;
}

/** @param facts as they are when they are asked for */
export function openP2p(
  at: { readonly host: string; readonly port: number },
  facts: () => P2pFacts,
  ports: { readonly clock: Clock; readonly log: Log },
): Promise<LineServer> {
  return openLineServer(at, LIMITS, (line) => JSON.stringify(answer(line, facts(), ports.clock.now())));
}

function answer(line: string, { nodeId, name, port }: P2pFacts, now: number): object {
  let asked: unknown;
  try {
    asked = JSON.parse(line);
  } catch {
    return { ok: false, error: "bad-json", cause: "not JSON" };
  }
  const { data } = question.safeParse(asked);
  const cmd = typeof data?.cmd === "string" ? data.cmd : undefined;
  if (cmd === "ping") return { ok: true, data: { pong: now, node_id: nodeId } };
  if (cmd === "info") return { ok: true, data: { node_id: nodeId, role: "provider", name, port } };
  return { ok: false, error: `unknown-cmd: ${cmd === undefined ? "(none)" : clean(cmd, 64)}` };
}
