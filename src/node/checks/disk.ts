// Whether the disk has room for what the node keeps.
import { existsSync } from "node:fs";
import { type CheckKind, fail, ok, skip, warn } from "../../core/check.ts";
import { DISK } from "../../observe/alerts/limits.ts";
import type { Surroundings } from "./surroundings.ts";

const HINT = "Make room on the disk that has the home, or move the home to a larger one.";

export const DISK_CHECKS: readonly CheckKind<Surroundings>[] = [
  {
    id: "disk.space",
    title: "The disk has room",
    looksAt:
      "What is free on the disk that has the home: ledger, nonces and snapshots are written there before an answer counts.",
    mend: HINT,
    async run({ home, freeBytes }) {
      if (!existsSync(home)) return skip("there is no home yet");
      const free = await freeBytes();
      const message = `${free < DISK.little ? `${Math.floor(free / 1e6)} MB` : `${Math.floor(free / 1e9)} GB`} are free`;
      if (free < DISK.tooLittle) return fail(message, HINT);
      return free < DISK.little ? warn(message, HINT) : ok(message);
    },
  },
];
