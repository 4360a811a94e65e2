// The licence texts of all that is in the file besides fxn: THIRD_PARTY_LICENSES.txt.
import type { Part } from "./contents.ts";

export function thirdPartyLicenses(parts: readonly Part[]): string {
  return parts
    .flatMap((part) => [part, ...part.parts])
    .map(({ name, version, license, text }) => {
      const title = `${name} ${version}`.trim();
      return `${title}\n${"=".repeat(title.length)}\nLicence: ${license}\n${text === "" ? "" : `\n${text}\n`}`;
    })
    .join("\n\n");
}
