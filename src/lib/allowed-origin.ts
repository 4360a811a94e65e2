// Whether a URL leads to one of a few servers: whole origins are compared, since a prefix of a URL may be another host's name.

/**
 * @param list URLs, of which scheme, host and port count; what is no http(s) URL allows nothing
 */
export function allowedOrigin(url: string, list: readonly string[]): boolean {
  const origin = originOf(url);
  return origin !== undefined && list.some((entry) => originOf(entry) === origin);
}

/** What people, or other programs, read as another host than this one does is refused: a user in front of it, a backslash. */
function originOf(text: string): string | undefined {
  if (/[\\\s\p{Cc}]/u.test(text) || !URL.canParse(text)) return undefined;
  const { protocol, username, password, origin } = new URL(text);
  const plain = username === "" && password === "";
  return plain && (protocol === "http:" || protocol === "https:") ? origin : undefined;
}
