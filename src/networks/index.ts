// THE NETWORK TABLE: the networks that this node can serve; a new one of its own accord is a folder and one line here.
import { blindferenceNetwork } from "./blindference/network.ts";
import { fedaiNetwork } from "./fedai/network.ts";
import { functionNetwork } from "./function/network.ts";
import { infernetNetwork } from "./infernet/network.ts";
import { oarnNetwork } from "./oarn/network.ts";
import type { OwnNetwork } from "./ports.ts";

/** Its requests come to the public listener, and are answered in every process that serves it. */
export const FUNCTION = functionNetwork;

/** Those of their own accord. */
export const OWN_NETWORKS: readonly OwnNetwork[] = [fedaiNetwork, infernetNetwork, blindferenceNetwork, oarnNetwork];

export const NETWORK_IDS: readonly string[] = [FUNCTION, ...OWN_NETWORKS].map(({ id }) => id);
