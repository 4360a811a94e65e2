// What a request asks for, to the letter.

/**
 * Path and query of a request's URL as they were sent. Not by `new URL`: the Host header is in it, and anyone may write
 * one there that is no URL.
 */
export function targetOf(url: string): { path: string; search: string } {
  const scheme = url.indexOf("://");
  // Without a Host header, as HTTP/1.0 allows, the URL is the target.
  const slash = scheme < 0 ? 0 : url.indexOf("/", scheme + "://".length);
  const target = slash < 0 ? "/" : url.slice(slash);
  const query = target.indexOf("?");
  return query < 0 ? { path: target, search: "" } : { path: target.slice(0, query), search: target.slice(query) };
}
