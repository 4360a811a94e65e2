// Where a gateway's content begins: operators write its host or the folder, with a slash at the end or without.

/** What "/CID" is added to. */
export function gatewayBase(gateway: string): string {
  const bare = gateway.replace(/\/+$/, "");
  return bare.endsWith("/ipfs") ? bare : `${bare}/ipfs`;
}
