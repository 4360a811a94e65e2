// THE CHALLENGER TABLE: what a scheduler may ask; a new challenge is one line here.
import { endpointReachable } from "./endpoint-reachable.ts";
import { identity } from "./identity.ts";

export const CHALLENGERS = [identity, endpointReachable] as const;
