// What of a new configuration a running node can take over; the rest stays as it was until a restart.
import { Secret } from "../core/secret.ts";
import type { ConfigBook } from "./book.ts";
import { shownConfig } from "./origins.ts";
import type { Config } from "./schema.ts";
import { isInList } from "./settings.ts";

export interface Change {
  /** "queue.size". */
  readonly path: string;
  /** As a person may see them. */
  readonly from: unknown;
  readonly to: unknown;
}

export interface TakenOver {
  /** The new one, with the running one's values where a change needs a restart. */
  readonly config: Config;
  readonly changed: readonly Change[];
  /** Settings whose new values wait for a restart. */
  readonly needRestart: readonly Change[];
}

export function takenOver(running: Config, next: Config, book: ConfigBook): TakenOver {
  const values = book.settings
    .filter(({ role }) => role !== "section")
    .map(({ path, reloadable }) => ({ path: path.replace(/\[\]$/, ""), reloadable }))
    .filter(({ path }) => !isInList(path));
  const [before, after] = [shownConfig(running, book), shownConfig(next, book)];
  const changes = (reloadable: boolean) =>
    values
      .filter((one) => one.reloadable === reloadable)
      .filter(({ path }) => !sameValue(at(running, path), at(next, path)))
      .map(({ path }) => ({ path, from: at(before, path), to: at(after, path) }));
  const stays = new Set(values.filter(({ reloadable }) => !reloadable).map(({ path }) => path));
  return { config: keep(running, next, stays), changed: changes(true), needRestart: changes(false) };
}

/** `next`, but for what stays as it is in `running`. */
function keep<T extends object>(running: T, next: T, stays: ReadonlySet<string>, prefix = ""): T {
  const keys = new Set([...Object.keys(running), ...Object.keys(next)]);
  const kept = [...keys].flatMap((key): [string, unknown][] => {
    const path = `${prefix}${key}`;
    const [before, after]: unknown[] = [Reflect.get(running, key), Reflect.get(next, key)];
    if (stays.has(path)) return [[key, before]];
    return isSection(before) && isSection(after) ? [[key, keep(before, after, stays, `${path}.`)]] : [];
  });
  return Object.assign({ ...next }, Object.fromEntries(kept));
}

function isSection(value: unknown): value is object {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

/** Of secrets, what they hold. */
export function sameValue(one: unknown, other: unknown): boolean {
  return Bun.deepEquals(revealed(one), revealed(other));
}

/** To be compared, never shown. */
function revealed(value: unknown): unknown {
  if (value instanceof Secret) return value.reveal();
  if (Array.isArray(value)) return value.map(revealed);
  if (!isSection(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, revealed(inner)]));
}

function at(tree: unknown, path: string): unknown {
  return path
    .split(".")
    .reduce<unknown>(
      (inner, key) => (typeof inner === "object" && inner !== null ? Reflect.get(inner, key) : undefined),
      tree,
    );
}
