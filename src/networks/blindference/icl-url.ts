// Where the ICL and its neighbours may be: a base URL, and never in the clear but on this machine.
import { field } from "../../config/field.ts";
import { isLoopback } from "../../config/net-fields.ts";
import { messageOf } from "../../core/errors.ts";
import { BlindferenceError } from "./errors.ts";

/** Without slashes at its end, so that paths can be added. @throws BlindferenceError blindference_url */
export function secureBase(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const refuse = (why: string, hint: string) => new BlindferenceError("blindference_url", why, { hint });
  if (url?.protocol !== "https:" && url?.protocol !== "http:") {
    throw refuse("the URL is none of http or https", 'Write it as "https://host".');
  }
  if (url.username || url.password || url.search || url.hash) {
    throw refuse("the URL holds more than a host and a path", 'Write it as "https://host".');
  }
  const host = url.hostname.replace(/^\[|\]$/g, "");
  if (url.protocol === "http:" && !isLoopback(host)) {
    throw refuse("the URL is plain http", "Use https: only on this machine may it be http.");
  }
  return `${url.origin}${url.pathname}`.replace(/\/+$/, "");
}

/** The same as a setting. */
export const secureUrl = field<string>({
  schema: { title: "URL", type: "string", format: "uri", examples: ["https://icl.example"] },
  expected: 'a URL such as "https://icl.example"',
  hidden: true,
  read(text, refuse) {
    try {
      return secureBase(text);
    } catch (error) {
      return refuse(messageOf(error));
    }
  },
  write: (value) => value,
});
