// One branded, lower-case form for Ethereum addresses and hex, so that a mistake of case cannot compile.

export type Hex = `0x${string}`;
export type Address = Hex & { readonly __brand: "Address" };

const ADDRESS = /^0x[0-9a-f]{40}$/;

/** `undefined` when the text is not 0x and 40 hex digits; any case is accepted. */
export function parseAddress(text: string): Address | undefined {
  const lower = text.toLowerCase();
  return isAddress(lower) ? lower : undefined;
}

function isAddress(text: string): text is Address {
  return ADDRESS.test(text);
}
