// The token of the operator's listener: what the configuration says, else, where others reach it, one made once for this home.
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { SHORTEST_TOKEN } from "../config/checks.ts";
import { isLoopback } from "../config/net-fields.ts";
import type { Config } from "../config/schema.ts";
import { FxnError } from "../core/errors.ts";
import { Secret } from "../core/secret.ts";
import { readPrivate, writeNew } from "../lib/private-file.ts";

export const TOKEN_FILE = "admin-token";

export interface AdminToken {
  /** undefined: none is needed. */
  readonly token: Secret | undefined;
  /** Writes one that was made into the home, where the operator reads it; any other is there. Throws PrivateFileError. */
  keep(): void;
}

/** Changes nothing before it is kept. Throws PrivateFileError, and FxnError for a file that holds no token. */
export function adminToken(home: string, { listen, token, tokenFile }: Config["admin"]): AdminToken {
  const found = (there: Secret | undefined) => ({ token: there, keep() {} });
  if (token) return found(token);
  if (tokenFile !== undefined) return found(read(resolve(home, tokenFile)));
  if (isLoopback(listen.host)) return found(undefined);
  const own = join(home, TOKEN_FILE);
  if (existsSync(own)) return found(read(own));
  const made = randomBytes(32).toString("base64url");
  return { token: new Secret(made), keep: () => writeNew(own, `${made}\n`) };
}

function read(path: string): Secret {
  const text = readPrivate(path).trim();
  if (/^[\x21-\x7e]+$/.test(text) && text.length >= SHORTEST_TOKEN) return new Secret(text);
  throw new FxnError("config_invalid", 500, `${path} holds no admin token`, {
    hint: `One line of at least ${SHORTEST_TOKEN} visible characters: openssl rand -hex 32`,
  });
}
