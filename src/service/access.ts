// Whether another user can reach a file: by the owners and modes of it and of every folder on the way.
import { realpathSync, statSync } from "node:fs";
import { dirname } from "node:path";

export interface Account {
  readonly uid: number;
  readonly gids: readonly number[];
}

interface Standing {
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
}

/** As in a mode's octal digit. */
export const READ = 4;
export const RUN = 5;
const ENTER = 1;

/** Somebody who owns nothing yet: a dynamic user. */
export const NOBODY: Account = { uid: -1, gids: [] };

/** The first of the file and its folders, from the root on, that keeps the account out; undefined: nothing does. */
export function barrier(path: string, account: Account, need: number, stat: (path: string) => Standing = statSync) {
  const real = realpathSync(path);
  return [...foldersOf(real), real].find((part) => {
    const wanted = part === real ? need : ENTER;
    return (digitFor(stat(part), account) & wanted) !== wanted;
  });
}

function digitFor({ uid, gid, mode }: Standing, account: Account): number {
  if (account.uid === 0) return 7;
  if (account.uid === uid) return (mode >> 6) & 7;
  return (account.gids.includes(gid) ? mode >> 3 : mode) & 7;
}

function foldersOf(path: string): string[] {
  const parent = dirname(path);
  return parent === path ? [] : [...foldersOf(parent), parent];
}
