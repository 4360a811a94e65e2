// What metrics say of the home: room on its disk, and whether its keys are nobody else's.
import { statfsSync } from "node:fs";
import { exposedKeys } from "../keys/key-store.ts";
import type { HomeFacts } from "../observe/metrics/home.ts";

export function homeFacts(home: string): HomeFacts {
  return {
    freeBytes() {
      try {
        const { bavail, bsize } = statfsSync(home);
        return bavail * bsize;
      } catch {
        return undefined;
      }
    },
    exposedKeys: () => exposedKeys(home),
  };
}
