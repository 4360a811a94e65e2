// What `fxn doctor` and `fxn why` share: the examination of this home, each finding with its link.
import type { Finding } from "../src/core/check.ts";
import { systemClock } from "../src/core/clock.ts";
import { askControl } from "../src/lib/control-socket.ts";
import { examine } from "../src/node/checks/examine.ts";
import { EXPLAINED } from "../src/node/checks/index.ts";
import { linkOf } from "../src/node/checks/links.ts";
import { openSurroundings } from "../src/node/checks/surroundings.ts";
import { FxnCommand } from "./base.ts";
import { nodeStatus } from "./node-status.ts";
import { VERSION } from "./version.ts";

export interface LinkedFinding extends Finding {
  readonly link: string;
}

export abstract class ChecksCommand extends FxnCommand {
  /** @param only ids; default: all */
  protected async examined(only?: readonly string[]): Promise<readonly LinkedFinding[]> {
    const home = this.homeDir();
    const look = openSurroundings({
      home,
      version: VERSION,
      env: this.context.env,
      async status() {
        const answer = await askControl(home, "GET", "/status");
        return answer && nodeStatus.parse(answer.json);
      },
      clock: systemClock,
    });
    const found = await examine(look, new AbortController().signal, only);
    return found.map((finding) => ({ ...finding, link: linkOf(finding.id, EXPLAINED) }));
  }
}
