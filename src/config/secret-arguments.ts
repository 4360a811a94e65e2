// Which arguments of a program are secrets, by the names that they stand under: --hf-token VALUE, --hf-token=VALUE, HF_TOKEN=VALUE.
import { Secret } from "../core/secret.ts";

const SECRET_FLAG =
  /(?:key|token|secret|pass(?:word|wd|phrase)?|credentials?|auth(?:orization)?|cookie|mnemonic|nsec)$/i;
/** --no-auth takes no value. */
const NEGATED = /^no[-_]/i;

/** `plain` and `secret` are the argument. */
export interface Argument {
  readonly plain: string;
  /** Empty: there is none in it. */
  readonly secret: string;
  /** Under which name: "hf-token". */
  readonly name: string;
}

export function argumentsOf(command: readonly string[]): Argument[] {
  return command.map((argument, index) => {
    const [, plain = "", own = "", secret = ""] = /^(-{0,2}([A-Za-z][\w.-]*)=)(.*)$/s.exec(argument) ?? [];
    if (isSecret(own)) return { plain, secret, name: own };
    const [, before = ""] = /^--?([A-Za-z][\w.-]*)$/.exec(command[index - 1] ?? "") ?? [];
    if (isSecret(before) && !argument.startsWith("-")) return { plain: "", secret: argument, name: before };
    return { plain: argument, secret: "", name: "" };
  });
}

/** As it may be shown. */
export function withoutSecrets(command: readonly string[]): string[] {
  return argumentsOf(command).map(({ plain, secret }) => (secret === "" ? plain : `${plain}${new Secret(secret)}`));
}

function isSecret(name: string): boolean {
  return SECRET_FLAG.test(name) && !NEGATED.test(name);
}
