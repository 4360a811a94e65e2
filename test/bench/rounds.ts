// How often a comparison of whole programs is repeated; fewer rounds are for trying the bench out.
export const ROUNDS = Number(process.env.FXN_BENCH_ROUNDS ?? 5);
