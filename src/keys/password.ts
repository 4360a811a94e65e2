// Where the password of a key comes from: an order of sources, and never the command line itself.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Secret } from "../core/secret.ts";
import { readDescriptor, readPrivate } from "../lib/private-file.ts";
import { readSmallFile } from "../lib/small-file.ts";
import { KeyError } from "./errors.ts";

export interface PasswordSettings {
  /** --password-file */
  readonly file?: string | undefined;
  /** --password-fd */
  readonly fd?: number | undefined;
  /** keystore.passwordFile of config.yaml */
  readonly configFile?: string | undefined;
  /** Whose the files are to be; default: the current user. */
  readonly user?: number | undefined;
}

export interface PasswordPorts {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Asks a person without echo; undefined where there is no terminal. */
  readonly prompt: ((question: string) => Promise<Secret>) | undefined;
  readonly warn: (message: string) => void;
}

export interface Passwords {
  /** The password of a key that is there. `what` names the key for a person. */
  existing(what: string): Promise<Secret>;
  /** The password for a new key; a person is asked twice. */
  fresh(what: string): Promise<Secret>;
}

/** For a key whose password its network's own variable has. */
export function onlyPassword(password: Secret): Passwords {
  return { existing: async () => password, fresh: async () => password };
}

/** By this name systemd hands the password over. */
export const CREDENTIAL = "fxn-password";
const VARIABLE = "FXN_PASSWORD";
const TYPED = "what was typed";
const MOST_BYTES = 64 * 1024;
const MOST_TRIES = 3;

/**
 * The first that is there: --password-file or --password-fd, the systemd credential `fxn-password`, keystore.passwordFile,
 * the terminal, FXN_PASSWORD. The variable comes last and with a warning: other programs of the user can read it.
 * @throws KeyError key_password_missing, key_password_invalid; PrivateFileError for a file that others can read
 */
export function passwordsFrom(settings: PasswordSettings, ports: PasswordPorts): Passwords {
  async function first(ask: (prompt: (question: string) => Promise<Secret>) => Promise<Secret>): Promise<Secret> {
    const stored = storedPassword(settings, ports.env);
    if (stored) return stored;
    if (ports.prompt) return ask(ports.prompt);
    const variable = ports.env[VARIABLE];
    if (!variable) throw missing();
    ports.warn(`The password was taken from ${VARIABLE}, which other programs of this user can read; prefer a file.`);
    return new Secret(variable);
  }
  return {
    existing: (what) => first(async (prompt) => notEmpty(await prompt(`Password of ${what}: `), TYPED)),
    fresh: (what) => first((prompt) => askTwice(prompt, what, ports.warn)),
  };
}

function storedPassword(settings: PasswordSettings, env: PasswordPorts["env"]): Secret | undefined {
  if (settings.file !== undefined && settings.fd !== undefined) {
    throw new KeyError(
      "key_password_invalid",
      "Both --password-file and --password-fd were given",
      "Give one of them.",
    );
  }
  if (settings.file !== undefined)
    return passwordOf(readPrivate(settings.file, { ...settings, orPipe: true }), settings.file);
  if (settings.fd !== undefined) {
    const name = `file descriptor ${settings.fd}`;
    return passwordOf(readDescriptor(settings.fd, name), name);
  }
  const credential = env.CREDENTIALS_DIRECTORY && join(env.CREDENTIALS_DIRECTORY, CREDENTIAL);
  // Its mode is systemd's affair: access goes by an ACL, which shows as a readable group.
  if (credential && existsSync(credential)) {
    return passwordOf(readSmallFile(credential, { mostBytes: MOST_BYTES }).toString("utf8"), credential);
  }
  return settings.configFile === undefined
    ? undefined
    : passwordOf(readPrivate(settings.configFile, settings), settings.configFile);
}

/** Editors and echo end a file with a newline that is not meant. */
function passwordOf(text: string, where: string): Secret {
  return notEmpty(new Secret(text.replace(/\r?\n$/, "")), where);
}

function notEmpty(password: Secret, where: string): Secret {
  if (password.reveal() !== "") return password;
  throw new KeyError("key_password_invalid", `The password is empty: ${where}`, "A key needs a password.");
}

/** A slip ends nothing: who answers questions has answered others before. */
async function askTwice(
  prompt: (question: string) => Promise<Secret>,
  what: string,
  warn: PasswordPorts["warn"],
): Promise<Secret> {
  for (let tries = 1; ; tries++) {
    const password = await prompt(`New password for ${what}: `);
    const empty = password.reveal() === "";
    if (!empty && (await prompt("The same again: ")).reveal() === password.reveal()) return password;
    const wrong = empty ? "The password is empty" : "The two passwords differ";
    if (tries === MOST_TRIES) throw new KeyError("key_password_invalid", wrong, "Nothing was written; try again.");
    warn(`${wrong}: once more`);
  }
}

function missing(): KeyError {
  return new KeyError(
    "key_password_missing",
    "The key needs a password, and there is no terminal to ask for it",
    `Use --password-file FILE, --password-fd N, the systemd credential ${CREDENTIAL}, or keystore.passwordFile in config.yaml.`,
  );
}
