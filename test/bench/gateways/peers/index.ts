// THE TABLE OF GATEWAYS that the bench compares.
import { bifrost } from "./bifrost.ts";
import { direct } from "./direct.ts";
import { fxn } from "./fxn.ts";
import type { Gateway } from "./gateway.ts";
import { gomodel } from "./gomodel.ts";
import { litellm } from "./litellm.ts";
import { nginx } from "./nginx.ts";
import { portkey } from "./portkey.ts";

export const GATEWAYS: readonly Gateway[] = [direct, nginx, fxn, gomodel, bifrost, portkey, litellm];
