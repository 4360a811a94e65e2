// The README's table of checks, with the anchors that links name.
import type { CheckText } from "../../core/check.ts";
import { EXPLAINED } from "./index.ts";
import { anchorOf } from "./links.ts";

export function checksMarkdown(): string {
  return ["| id | what it looks at | when it is red |", "|---|---|---|", ...EXPLAINED.map(row)].join("\n");
}

function row({ id, title, looksAt, income, mend }: CheckText): string {
  const cells = [`\`${id}\``, `**${title}.** ${looksAt}`, income === undefined ? mend : `${income} ${mend}`];
  return `| <a id="${anchorOf(id)}"></a>${cells.map((cell) => cell.replaceAll("|", "\\|").replaceAll("<", "&lt;")).join(" | ")} |`;
}
