// What may stand where a command takes a value: shells complete it. Declared beside the options that take it.

/** One of these words, a path of the file system, or the name of a key (fxn accounts list). */
export type Values = readonly string[] | "file" | "folder" | "key";

/** By option ("--home") or by the name of a positional ("FILE"); what is not there is completed with nothing. */
export type ValuesOf = Readonly<Record<string, Values>>;
