// The database of a home, for commands beside a node that may run or not.
import { openDatabase } from "../store/database.ts";
import { StoreError } from "../store/errors.ts";

/** @throws StoreError */
export function openHomeDatabase(home: string): ReturnType<typeof openDatabase> {
  return openDatabase(home, FORMER);
}

/** A home that was last used by a very old fxn. */
const FORMER = { claim: refuse, refuseUpTo: refuse };

function refuse(): never {
  throw new StoreError("store_broken", 500, "this home was last used by an older fxn", {
    hint: "Start the node once: fxn start.",
  });
}
