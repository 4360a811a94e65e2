// What the build put in: for which target it is, where releases lie and who signs them; undefined for what it was not told.
declare const FXN_TARGET: string | undefined;
declare const FXN_RELEASE_URL: string | undefined;
declare const FXN_RELEASE_PUBLIC_KEY: string | undefined;

export const TARGET = typeof FXN_TARGET === "string" ? FXN_TARGET : undefined;
export const RELEASE_URL = (typeof FXN_RELEASE_URL === "string" && FXN_RELEASE_URL) || undefined;
export const RELEASE_PUBLIC_KEY = (typeof FXN_RELEASE_PUBLIC_KEY === "string" && FXN_RELEASE_PUBLIC_KEY) || undefined;
