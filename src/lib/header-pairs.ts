// HTTP headers in one text, as OpenTelemetry's variables have them: name=value,name=value, values percent-encoded.

const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** No line break, which would begin another header. */
const VALUE = /^[\x20-\x7e]*$/;

/** undefined: it is no such text. */
export function parseHeaders(text: string): Readonly<Record<string, string>> | undefined {
  const headers: Record<string, string> = {};
  for (const pair of text.split(",").filter((part) => part.trim() !== "")) {
    const at = pair.indexOf("=");
    const name = pair.slice(0, at).trim().toLowerCase();
    const value = decoded(pair.slice(at + 1).trim());
    if (at < 0 || !NAME.test(name) || value === undefined || !VALUE.test(value)) return undefined;
    headers[name] = value;
  }
  return headers;
}

/** Of a text that was found to be one. */
export function headersOf(text: string): Readonly<Record<string, string>> {
  return parseHeaders(text) ?? {};
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
