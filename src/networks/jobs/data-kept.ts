// What the jobs' pipeline keeps of any network that fetches its work.
import type { DataClass } from "../../core/data-class.ts";

/** @param live what a job in hand holds, in words @param kept how long one that has ended stays known */
export function jobData(network: string, live: string, kept: string): DataClass {
  return {
    id: `${network}.jobs`,
    what: `jobs: id, model, step, outcome and reason; of one in hand also ${live}`,
    places: [{ state: "job" }, { state: "job-run" }],
    kept: `what belongs to the work until the job ends; that it was, ${kept}, 10,000 at most`,
    why: "a crash must lose no job, and none is done twice",
    seenBy: "who can read the home",
    shownBy: ["src/networks/jobs/pipeline.test.ts"],
  };
}
