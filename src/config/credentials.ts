// The credential of a model server: in model_backend.yaml, or in a file of its own that it names.
import { messageOf } from "../core/errors.ts";
import type { Secret } from "../core/secret.ts";
import { secret } from "./fields.ts";
import type { BackendEntry } from "./models-schema.ts";
import type { Places } from "./parse.ts";
import { type Path, type Problem, pathText } from "./problems.ts";
import type { ReadFile } from "./text-file.ts";

interface Resolved {
  readonly apiKey: Secret | undefined;
  readonly bearerToken: Secret | undefined;
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
}

export async function readCredentials(
  entry: Pick<BackendEntry, "apiKey" | "apiKeyFile" | "bearerToken" | "bearerTokenFile">,
  path: Path,
  places: Places,
  readFile: ReadFile,
): Promise<Resolved> {
  const { apiKey: key, apiKeyFile, bearerToken: token, bearerTokenFile } = entry;
  const problems: Problem[] = [];
  const report = (name: string, message: string) => {
    const at = [...path, name];
    problems.push({ ...places.valueAt(at), path: pathText(at), message });
  };
  const pick = async (name: string, inline: Secret | undefined, fileName: string | undefined) => {
    if (fileName === undefined) return inline;
    if (inline) report(`${name}File`, `${name} is set too: keep one of them`);
    const read = await readSecret(fileName, readFile);
    if (typeof read === "string") report(`${name}File`, read);
    return typeof read === "string" ? inline : read;
  };
  const apiKey = await pick("apiKey", key, apiKeyFile);
  const bearerToken = await pick("bearerToken", token, bearerTokenFile);
  const at = [...path, bearerTokenFile === undefined ? "bearerToken" : "bearerTokenFile"];
  const unused = { ...places.valueAt(at), path: pathText(at), message: "not used: apiKey is set and wins" };
  return { apiKey, bearerToken, problems, warnings: apiKey && bearerToken ? [unused] : [] };
}

/** A text instead of the secret says why there is none. */
async function readSecret(fileName: string, readFile: ReadFile): Promise<Secret | string> {
  const name = JSON.stringify(fileName);
  try {
    const text = await readFile(fileName);
    if (text === undefined) return `there is no file ${name}`;
    if (text.trim() === "") return `the file ${name} is empty`;
    const { data, error } = secret.safeParse(text.trim());
    return data ?? `the file ${name}: ${error?.issues[0]?.message}`;
  } catch (error) {
    return `the file ${name} cannot be read: ${messageOf(error)}`;
  }
}
