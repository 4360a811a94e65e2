// Kinds of settings that only fed_AI has: keys, relays, prices.
import { field } from "../../config/field.ts";
import { parsePublicKey } from "./keys.ts";
import { relayUrlOf } from "./relays/url.ts";

/** A public key; the value is lower-case hex, so that two spellings of one key are one. */
export const publicKey = field<string>({
  schema: {
    title: "public key",
    type: "string",
    examples: ["npub1gekhljh9v0jukzdq6xrshdvqx3yqgctc0xs5jjw0yg597xaw8uns47vduw"],
  },
  expected: "a Nostr public key: npub1… or 64 hex digits",
  read: parsePublicKey,
  write: (value) => value,
});

export const price = field<number>({
  schema: { title: "number", type: "number", minimum: 0 },
  expected: "a number of at least 0",
  read: (text) => (/^\+?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : undefined),
  write: (value) => value,
});

export const relayUrl = field<string>({
  schema: { title: "URL", type: "string", format: "uri", examples: ["wss://relay.example.com"] },
  expected: "a relay's URL that starts with wss:// or ws://",
  read: (text) => (/^wss?:\/\//i.test(text) ? relayUrlOf(text) : undefined),
  write: (value) => value,
});

export interface RelayTrust {
  readonly url: string;
  readonly bonus: number;
}

/** "wss://relay.example.com=3": what is added to that relay's score. */
export const relayTrust = field<RelayTrust>({
  schema: { title: "URL=score", type: "string", examples: ["wss://relay.example.com=3"] },
  expected: "a relay's URL, = and a number",
  read(text) {
    const [, address = "", bonus = ""] = /^(.+)=([+-]?\d+(?:\.\d+)?)$/.exec(text) ?? [];
    const url = relayUrlOf(address);
    return url === undefined ? undefined : { url, bonus: Number(bonus) };
  },
  write: ({ url, bonus }) => `${url}=${bonus}`,
});

/** Tables of the reference's form live in Postgres alone. */
export const postgresUrl = field<string>({
  schema: { title: "URL", type: "string", format: "uri", examples: ["postgres://user:password@db.lan/fedai"] },
  expected: "a URL that starts with postgres:// or postgresql://, and a host",
  hidden: true,
  read: (text) => (/^postgres(ql)?:\/\/[^/?#]/i.test(text) && URL.canParse(text) ? text : undefined),
  write: (value) => value,
});

/** Before every path of the listener. */
export const pathPrefix = field<string>({
  schema: { title: "path", type: "string", pattern: "^(/[A-Za-z0-9._~-]+)*$", examples: ["/fedai"] },
  expected: 'a path such as "/fedai", without a slash at its end',
  read: (text) => (/^(\/[A-Za-z0-9._~-]+)*$/.test(text) ? text : undefined),
  write: (value) => value,
});
