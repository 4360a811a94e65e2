// Where a control plane may be: an origin, and never in the clear but on this machine.
import { field } from "../../config/field.ts";
import { isLoopback } from "../../config/net-fields.ts";
import { messageOf } from "../../core/errors.ts";
import { InfernetError } from "./errors.ts";

/** @param text of the configuration. Throws InfernetError for what is no origin, or would be sent in the clear. */
export function originOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const refuse = (why: string, hint: string) => new InfernetError("infernet_url", 400, why, { hint });
  if (url?.protocol !== "https:" && url?.protocol !== "http:") {
    throw refuse("the control plane's URL is none of http or https", 'Write it as "https://host".');
  }
  if (url.username || url.password || url.pathname !== "/" || url.search || url.hash) {
    throw refuse("the control plane's URL holds more than an origin", 'Write it as "https://host", with no path.');
  }
  const host = url.hostname.replace(/^\[|\]$/g, "");
  if (url.protocol === "http:" && !isLoopback(host)) {
    throw refuse("the control plane's URL is plain http", "Use https: signed requests in the clear can be replayed.");
  }
  return url.origin;
}

/** The same as a setting. */
export const origin = field<string>({
  schema: { title: "URL", type: "string", format: "uri", examples: ["https://plane.example"] },
  expected: 'a URL such as "https://plane.example"',
  hidden: true,
  read(text, refuse) {
    try {
      return originOf(text);
    } catch (error) {
      return refuse(messageOf(error));
    }
  },
  write: (value) => value,
});
