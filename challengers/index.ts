// THE CHALLENGER TABLE: what a scheduler may ask; a new challenge is one line here.
import { endpointReachable } from "./endpoint-reachable.ts";
import { identity } from "./identity.ts";
import { matrixMultiplication } from "./matrix-multiplication/challenger.ts";
import { matrixProof } from "./matrix-proof/challenger.ts";
import { matrixProofOpen } from "./matrix-proof/open.ts";

export const CHALLENGERS = [identity, endpointReachable, matrixMultiplication, matrixProof, matrixProofOpen] as const;
