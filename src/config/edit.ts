// Changes settings in the text of a config file: comments, order and everything else stay as they were.
import { parseDocument } from "yaml";
import { ConfigError } from "./problems.ts";
import { readYaml } from "./yaml-file.ts";

/** By path, as YAML writes them: "networks.fedai.enabled" → true. */
export type SettingChanges = Readonly<Record<string, unknown>>;

/**
 * @param text of the file; empty for a new one
 * @throws ConfigError when the text is no YAML mapping
 */
export function withSettings(file: string, text: string, changes: SettingChanges): string {
  const { broken, problems } = readYaml(file, text);
  if (broken) throw new ConfigError(problems);
  const document = parseDocument(text);
  for (const [path, value] of Object.entries(changes)) {
    const keys = path.split(".");
    // A section that was written and left empty.
    for (const end of keys.keys())
      if (document.getIn(keys.slice(0, end)) === null) document.deleteIn(keys.slice(0, end));
    document.setIn(keys, value);
  }
  return document.toString({ lineWidth: 0 });
}
