const SAFE_HOSTS = new Set(["127.0.0.1", "localhost", "[::1]", "polymarket.com", "www.polymarket.com"]);

/** The address if a page of ours may link to it: this machine, our own host, or the venue. */
export function safeLink(address: string | null | undefined): string | undefined {
  if (!address) return undefined;
  let url: URL;
  try {
    url = new URL(address, window.location.origin);
  } catch {
    return undefined;
  }
  const isOurs = url.hostname === window.location.hostname || SAFE_HOSTS.has(url.hostname);
  return isOurs && (url.protocol === "https:" || url.protocol === "http:") ? url.href : undefined;
}
