// Field kinds of this network: amounts of ETH, and gateways.
import { formatEther, parseEther } from "viem/utils";
import { field } from "../../config/field.ts";

/** Decimal ETH; the value is wei. */
export const ether = field<bigint>({
  schema: { title: "ETH", type: ["string", "number"], examples: ["0.001"] },
  expected: 'an amount of ETH such as "0.001"',
  read: (text) => (/^\d{1,12}(\.\d{1,18})?$/.test(text) ? parseEther(text) : undefined),
  write: formatEther,
});

/** To which a CID is added. */
export const gateway = field<string>({
  schema: { title: "URL", type: "string", format: "uri", examples: ["https://gateway.example/ipfs/"] },
  expected: "a URL that starts with http:// or https:// and ends in /ipfs/",
  hidden: true,
  read: (text) => (/^https?:\/\/[^?#]+\/ipfs\/$/.test(text) && URL.canParse(text) ? text : undefined),
  write: (value) => value,
});

/** A name of ENS, with two parts at least. */
export const ensName = field<string>({
  schema: { title: "name", type: "string", examples: ["oarn-registry.eth"] },
  expected: 'a name such as "oarn-registry.eth"',
  read: (text) => (/^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(text) ? text : undefined),
  write: (value) => value,
});
