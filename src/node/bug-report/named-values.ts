// Settings that hold several values, each under a name of its own: a runner's environment, its command, headers.
import { argumentsOf } from "../../config/secret-arguments.ts";
import type { Tree } from "../../config/yaml-tree.ts";
import { parseHeaders } from "../../lib/header-pairs.ts";

export interface NamedValue {
  readonly name: string;
  readonly value: string;
  /** Hidden by `fxn config show` whatever its name, since nobody knows what it is. */
  readonly hidden: boolean;
}

/** "headers" and "otlpHeaders" of the files, $OTEL_EXPORTER_OTLP_HEADERS. */
const HEADERS = /headers$/i;
/** What is no secret under a name that says nothing: words and numbers, paths. Masked, they would be missed everywhere. */
const PLAIN = /^(?:[a-z_.,:;= -]*|[A-Z_.,:;= -]*|[\d.,:]*|[A-Za-z]?[a-z]+|~?\/[\w./-]*)$/;

/** @param tree of the setting of that name; empty for any other setting */
export function namedValues(setting: string, tree: Tree, env: Readonly<Record<string, string | undefined>>) {
  if (setting === "environment") return textsOf(tree).flatMap((text) => variable(text, env));
  if (setting === "command")
    return argumentsOf(textsOf(tree)).map(({ name, secret }): NamedValue => ({ name, value: secret, hidden: false }));
  return HEADERS.test(setting) && typeof tree === "string" ? headerValues(tree) : [];
}

export function looksPlain(value: string): boolean {
  return PLAIN.test(value);
}

function variable(text: string, env: Readonly<Record<string, string | undefined>>): NamedValue[] {
  const [, name = "", value = env[text]] = /^([^=]*)=(.*)$/s.exec(text) ?? [undefined, text];
  return value === undefined ? [] : [{ name, value, hidden: true }];
}

/** As a server sees them; of "Bearer abc" also what a log may have alone. */
function headerValues(text: string): NamedValue[] {
  return Object.entries(parseHeaders(text) ?? {}).flatMap(([name, value]) => {
    const [, scheme = "", token] = /^(Bearer|Basic) +(.+)$/i.exec(value) ?? [];
    if (token === undefined) return [{ name, value, hidden: true }];
    const pair = /^basic$/i.test(scheme) ? Buffer.from(token, "base64").toString("utf8") : "";
    const password = pair.slice(pair.indexOf(":") + 1);
    return [value, token, password].map((each) => ({ name, value: each, hidden: true }));
  });
}

function textsOf(tree: Tree): string[] {
  if (typeof tree === "string") return tree.split(",").map((part) => part.trim());
  return Array.isArray(tree) ? tree.filter((inner) => typeof inner === "string") : [];
}
