// The whole examination: what is found from outside and what the running node finds, in the order of the table.
import type { Finding } from "../../core/check.ts";
import { messageOf } from "../../core/errors.ts";
import { SILENT } from "../../core/log.ts";
import { MODEL_SERVER_CHECKS } from "../../inference/checks.ts";
import { ownNetworksOn } from "../../networks/config.ts";
import { openModelServers } from "../model-servers.ts";
import { sessionText } from "../own-checks.ts";
import { VALID } from "./config.ts";
import { askNode } from "./in-node.ts";
import { CHECK_TEXTS, checksFromOutside } from "./index.ts";
import { PROMPT_CHECKS } from "./prompt.ts";
import { runChecks } from "./run.ts";
import { SEEN_CHECKS } from "./seen.ts";
import type { Surroundings } from "./surroundings.ts";

const NOT_RUNNING = "only a running node can ask this";

/** @param only ids; default: all */
export async function examine(
  look: Surroundings,
  signal: AbortSignal,
  only: readonly string[] | undefined,
): Promise<readonly Finding[]> {
  const wanted = ({ id }: { id: string }) => only === undefined || only.includes(id);
  const outside = checksFromOutside(look).filter(wanted);
  // The node is asked only for what is not asked from here.
  const inside = only?.every((id) => outside.some((check) => check.id === id)) ? [] : inNode(look, signal);
  const found = (await Promise.all([runChecks(outside, look.clock, signal), inside])).flat();
  return found.filter(wanted).toSorted((a, b) => placeOf(a.id) - placeOf(b.id));
}

async function inNode(look: Surroundings, signal: AbortSignal): Promise<readonly Finding[]> {
  try {
    const found = await askNode(look.home);
    if (found) return found;
  } catch (error) {
    return skipped(messageOf(error));
  }
  return withoutNode(look, signal).catch(() => skipped(`not asked, since ${VALID} is red`));
}

/** Of model servers that run by themselves; a program would be started for it. */
async function withoutNode({ home, env, version, config, clock }: Surroundings, signal: AbortSignal) {
  const loaded = await config();
  const models = (loaded.models?.models ?? []).map((model) => ({
    ...model,
    backends: model.backends.filter(({ provider }) => provider !== "process"),
  }));
  const servers = openModelServers(
    {
      ...loaded,
      models: {
        catchAll: loaded.models?.catchAll ?? false,
        models: models.filter(({ backends }) => backends.length > 0),
      },
    },
    { home, env, version, clock, log: SILENT },
  );
  try {
    const networks = ownNetworksOn(loaded).map(({ network }) => sessionText(network.id));
    return [
      ...(await runChecks(servers.checks(), clock, signal)),
      ...[...PROMPT_CHECKS, ...SEEN_CHECKS, ...networks].map((one) => unasked(one, NOT_RUNNING)),
    ];
  } finally {
    servers.close();
  }
}

function skipped(message: string): readonly Finding[] {
  return [...MODEL_SERVER_CHECKS, ...PROMPT_CHECKS, ...SEEN_CHECKS].map((check) => unasked(check, message));
}

function unasked({ id, title }: Pick<Finding, "id" | "title">, message: string): Finding {
  return { id, title, state: "skip", message };
}

const ORDER = CHECK_TEXTS.map(({ id }) => id);

/** One that is not in the table stands behind the last of its room; networks, which have rooms of their own, come last. */
function placeOf(id: string): number {
  const place = ORDER.indexOf(id);
  if (place >= 0) return place;
  const room = ORDER.findLastIndex((one) => one.split(".")[0] === id.split(".")[0]);
  return room < 0 ? ORDER.length : room + 0.5;
}
