// THE NETWORK TABLE: the networks that this node can serve; a new network is a folder and one line here.
import { openFunctionNetwork } from "./function/network.ts";

export const NETWORKS = [{ id: "function", open: openFunctionNetwork }] as const;
