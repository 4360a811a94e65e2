// Routers and peers of the environment over those of the file: what the file says more of the same one stays.
import { z } from "zod";
import { trimmed } from "../offload/offload.ts";

const entries = z.array(z.looseObject({ endpoint: z.string() }));
type Entry = z.output<typeof entries>[number];

export interface ListsOver {
  /** By the setting's name; undefined: the environment does not decide it. */
  readonly settings: Readonly<Record<string, readonly Entry[] | undefined>>;
  readonly notes: readonly string[];
}

/** @param read of the environment @param written of the file @param names of the variables that are set */
export function listsOver(read: unknown, written: unknown, names: readonly string[]): ListsOver {
  const known = entriesOf(written, "routers");
  const peers = over(entriesOf(read, "offload.peers"), entriesOf(written, "offload.peers"));
  const routers = entriesOf(read, "routers");
  if (names.includes("ROUTER_ENDPOINT")) {
    return { settings: { routers: over(routers, known), "offload.peers": peers }, notes: [] };
  }
  // Without an endpoint it is the key of the one router that there is.
  const [only, ...others] = known;
  const key = routers[0]?.key;
  if (only && others.length === 0 && key !== undefined) {
    return { settings: { routers: [{ ...only, key }], "offload.peers": peers }, notes: [] };
  }
  const alone = names.filter((name) => name === "ROUTER_KEY_ID" || name === "ROUTER_PUBLIC_KEY_PEM");
  const notes = alone.map(
    (name) => `${name}: not used: whose key is it? Set ROUTER_ENDPOINT as well, or routers[].key`,
  );
  return { settings: { routers: undefined, "offload.peers": peers }, notes };
}

function over(list: readonly Entry[], known: readonly Entry[]): readonly Entry[] {
  return list.map((entry) => ({
    ...known.find(({ endpoint }) => trimmed(endpoint) === trimmed(entry.endpoint)),
    ...entry,
  }));
}

function entriesOf(tree: unknown, path: string): readonly Entry[] {
  return entries.safeParse(at(tree, path)).data ?? [];
}

/** What stands at "offload.peers". */
export function at(tree: unknown, path: string): unknown {
  return path
    .split(".")
    .reduce<unknown>(
      (value, key) =>
        typeof value === "object" && value !== null
          ? Object.entries(value).find(([name]) => name === key)?.[1]
          : undefined,
      tree,
    );
}
