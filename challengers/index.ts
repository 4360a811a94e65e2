// THE CHALLENGER TABLE: what a scheduler may ask; a new challenge is one line here.
import { identity } from "./identity.ts";

export const CHALLENGERS = [identity] as const;
