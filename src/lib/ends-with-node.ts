// How a process that the node starts ends with it, however that ends.

/** Environment: Bun's own, by which the process is killed with the one that started it, even while it hears nothing. */
export const ENDS_WITH_NODE = { BUN_FEATURE_FLAG_NO_ORPHANS: "1" };
