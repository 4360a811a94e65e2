// What every client of model servers must do, over real sockets: run by ours, and by others to see why ours.
import { ATTACKS } from "./http-attacks.ts";
import type { HttpClientCase } from "./http-case.ts";
import { ENDINGS, SECURE } from "./http-endings.ts";
import { DECODING, FRAMING } from "./http-framing.ts";
import { LOAD } from "./http-load.ts";

export const HTTP_CLIENT_CASES: readonly HttpClientCase[] = [
  ...FRAMING,
  ...DECODING,
  ...ATTACKS,
  ...ENDINGS,
  ...SECURE,
  ...LOAD,
];
