// A relay's URL in the one form that is compared: ws or wss, as the URL class writes it.

/** What has no scheme is taken for wss, http for ws; undefined for what is no relay's. */
export function relayUrlOf(text: string): string | undefined {
  const trimmed = text.trim();
  const withScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed) ? trimmed : `wss://${trimmed}`;
  const url = withScheme.replace(/^http(s?):/i, "ws$1:");
  if (!URL.canParse(url)) return undefined;
  const parsed = new URL(url);
  return parsed.protocol === "ws:" || parsed.protocol === "wss:" ? parsed.href : undefined;
}
