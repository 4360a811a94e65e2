// Field kinds of this network: gateways of IPFS, uploads to it, and names of ENS.
import { field } from "../../config/field.ts";
import { isLoopback } from "../../config/net-fields.ts";

/** To which a CID is added. */
export const gateway = field<string>({
  schema: { title: "URL", type: "string", format: "uri", examples: ["https://gateway.example/ipfs/"] },
  expected: "a URL that starts with http:// or https:// and ends in /ipfs/",
  hidden: true,
  read: (text) => (/^https?:\/\/[^?#]+\/ipfs\/$/.test(text) && URL.canParse(text) ? text : undefined),
  write: (value) => value,
});

/** To which files are sent with a token: never in the clear, but on this machine. */
export const uploadUrl = field<string>({
  schema: { title: "URL", type: "string", format: "uri", examples: ["https://pinning.example/pinFileToIPFS"] },
  expected: "a URL that starts with https://, or is on this machine",
  hidden: true,
  read(text) {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    const here = url?.protocol === "http:" && isLoopback(url.hostname.replace(/^\[|\]$/g, ""));
    return url && !url.username && !url.password && (url.protocol === "https:" || here) ? text : undefined;
  },
  write: (value) => value,
});

/** A name of ENS, with two parts at least. */
export const ensName = field<string>({
  schema: { title: "name", type: "string", examples: ["oarn-registry.eth"] },
  expected: 'a name such as "oarn-registry.eth"',
  read: (text) => (/^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(text) ? text : undefined),
  write: (value) => value,
});
