// What every network has under networks.<id>, whatever else it has there.
import { z } from "zod";
import { list } from "../config/field.ts";
import { flag, hours, integer, text } from "../config/fields.ts";

export function commonSettings(enabled: boolean) {
  return z.strictObject({
    enabled: flag.prefault(enabled).describe("Whether the node works for this network."),
    weight: integer(1, 1000)
      .prefault(1)
      .describe("Its share of the places at model servers when several networks want them, relative to theirs."),
    places: integer(0).prefault(0).describe("Most of its requests at the same time; 0 is no limit."),
    quietHours: list(hours, "a list of hours")
      .prefault([])
      .describe("Hours of the day, in this machine's time zone, in which it gets nothing done."),
  });
}

/** Of networks that sign with a key of their own. @param account the key's name where none is given */
export function ownSettings(account: string) {
  return commonSettings(false).extend({
    account: text("the name of a key", account)
      .prefault(account)
      .describe("The key that signs for this network: its name in `fxn accounts list`. Networks may share one."),
    passwordFile: text("the path of a file", "/run/credentials/fxn/nostr-password")
      .optional()
      .describe("File that holds this key's password; mode 0600. Default: the password of the node's key."),
  });
}
