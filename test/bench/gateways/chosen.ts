// FXN_BENCH_GATEWAYS=direct,nginx,fxn: while fxn is worked on, only these; the others are rows that say so.
import type { Skipped } from "../comparison.ts";
import type { Gateway } from "./peers/gateway.ts";

const VARIABLE = "FXN_BENCH_GATEWAYS";

export function choose(all: readonly Gateway[], names = process.env[VARIABLE]) {
  const wanted = names?.split(",");
  const isWanted = ({ name }: Gateway) => !wanted || wanted.includes(name);
  const leftOut: Skipped[] = all
    .filter((gateway) => !isWanted(gateway))
    .map(({ name }) => ({ what: name, why: `not in ${VARIABLE}=${names}` }));
  return { chosen: all.filter(isWanted), leftOut };
}
