// The README's table of checks, with the anchors that links name.
import { OWN_NETWORKS } from "../../networks/index.ts";
import { EXPLAINED } from "./index.ts";
import { anchorOf } from "./links.ts";

export function checksMarkdown(): string {
  const rows = EXPLAINED.map(({ id, title, looksAt, mend }) => row(id, `\`${id}\``, `**${title}.** ${looksAt}`, mend));
  const networks = OWN_NETWORKS.map(({ id }) =>
    row(
      id,
      `\`${id}.*\``,
      `What keeps work of ${id} away, as its own session in the running node sees it.`,
      `Each answer has its hint; the settings are \`networks.${id}\`.`,
    ),
  );
  return ["| id | what it looks at | when it is red |", "|---|---|---|", ...rows, ...networks].join("\n");
}

function row(id: string, name: string, ...cells: readonly string[]): string {
  return `| <a id="${anchorOf(id)}"></a>${[name, ...cells].map((cell) => cell.replaceAll("|", "\\|").replaceAll("<", "&lt;")).join(" | ")} |`;
}
