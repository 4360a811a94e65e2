// Whether a model can be run at the model servers of this home, which have just been asked; a text says why not.
import { Models, type Runnable } from "../../../src/networks/blindference/jobs/models.ts";
import type { ModelServers } from "../../../src/node/model-servers.ts";

/** Also of a model that networks.blindference.models does not name. */
export function runnableAt(servers: ModelServers, model: string): Runnable | string {
  const found = new Models([model], servers).find(model);
  return typeof found === "string" ? found : (servers.problemOf(found.served) ?? found);
}
