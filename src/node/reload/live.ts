// The configuration that holds at the moment, for what reads a setting only when it uses it.
import type { Config } from "../../config/schema.ts";

export interface Live {
  readonly config: Config;
}
