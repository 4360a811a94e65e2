// Whether Infernet is one of the networks of the node that runs on a home; the node may run without it.
import { askControl } from "../../src/lib/control-socket.ts";
import { infernetNetwork } from "../../src/networks/infernet/network.ts";
import { nodeStatus } from "../node-status.ts";

export async function infernetRuns(home: string): Promise<boolean> {
  const answer = await askControl(home, "GET", "/status");
  return answer !== undefined && nodeStatus.parse(answer.json).networks.some(({ id }) => id === infernetNetwork.id);
}
