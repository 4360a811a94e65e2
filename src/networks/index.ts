// THE NETWORK TABLE: the networks that this node can serve; a new network is a folder and one line here.
import { functionNetwork } from "./function/network.ts";

export const NETWORKS = [functionNetwork] as const;
