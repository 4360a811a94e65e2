// What Infernet keeps of its jobs and commands.
import type { DataClass } from "../../core/data-class.ts";

export const dataKept: readonly DataClass[] = [
  {
    id: "infernet.jobs",
    what: "ids of jobs in hand, and of those that have ended",
    places: [{ state: "job" }, { state: "job-ended" }],
    kept: "30 days after the control plane named them last",
    why: "none is done twice",
    seenBy: "who can read the home",
    shownBy: ["src/networks/infernet/privacy.test.ts"],
  },
  {
    id: "infernet.commands",
    what: "ids of commands of the control plane, and how they ended",
    places: [{ state: "command" }],
    kept: "30 days",
    why: "none is carried out twice",
    seenBy: "who can read the home",
  },
];
