// Where a check is explained: an anchor in the README's table, which is made of the same table.

/** What a link begins with. */
const DOCUMENT = "README.md";

/** Of a check that a network brings, the row of that network. */
export function linkOf(id: string, table: readonly { readonly id: string }[]): string {
  const known = table.some((one) => one.id === id);
  return `${DOCUMENT}#${anchorOf(known ? id : (id.split(".")[0] ?? id))}`;
}

export function anchorOf(id: string): string {
  return `check-${id.replaceAll(".", "-")}`;
}
