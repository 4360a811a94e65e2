// Settings of every network that fetches its work; a network puts them among its own.
import { flag, integer } from "../../config/fields.ts";

export const jobSettings = {
  dryRun: flag
    .prefault(false)
    .describe(
      "Looks at jobs and says which it would claim, and claims none. What was claimed before is brought to its end.",
    ),
  maxConcurrent: integer(1, 1024)
    .prefault(1)
    .describe("Jobs at the same time, as far as the budget allows. Waiting for a settlement does not count."),
};
