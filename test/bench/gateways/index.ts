// THE TABLE OF GATEWAYS that the bench compares.
import { direct } from "./direct.ts";
import { fxn } from "./fxn.ts";
import type { Gateway } from "./gateway.ts";
import { nginx } from "./nginx.ts";

export const GATEWAYS: readonly Gateway[] = [direct, nginx, fxn];
