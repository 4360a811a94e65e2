// The version that the build put in; "dev" when run from source.
declare const FXN_VERSION: string | undefined;

export const VERSION = typeof FXN_VERSION === "string" ? FXN_VERSION : "dev";
