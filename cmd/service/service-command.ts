// What the commands about the service share: which manager, where on this machine, and what they do there.
import { homedir } from "node:os";
import { serviceManagerOf } from "../../src/service/index.ts";
import { localPorts } from "../../src/service/local-machine.ts";
import type { Place } from "../../src/service/manager.ts";
import { FxnCommand } from "../base.ts";

export abstract class ServiceCommand extends FxnCommand {
  protected manager(platform: string = process.platform) {
    return serviceManagerOf(platform);
  }

  protected place(): Place {
    const uid = process.getuid?.();
    return { system: uid === 0, home: this.homeDir(), userHome: homedir(), uid: uid ?? 0 };
  }

  protected ports() {
    return localPorts(this.context.env);
  }
}
