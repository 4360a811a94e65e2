// Where a check is explained: an anchor in the README's table, which is made of the same table.
import { textOf } from "../../core/check.ts";

/** What a link begins with. */
const DOCUMENT = "README.md";

export function linkOf(id: string, table: readonly { readonly id: string }[]): string {
  return `${DOCUMENT}#${anchorOf(textOf(id, table)?.id ?? id)}`;
}

export function anchorOf(id: string): string {
  return `check-${id.replaceAll(".", "-")}`;
}
