const URL_CHARS_MAX = 300;

/** An address for the log: what may be a token or a secret in it is not written down, in the path (`/t/<token>/`) as in the query. */
export function loggedUrl(url: string): string {
  return url
    .slice(0, URL_CHARS_MAX)
    .replace(/\/t\/[^/?]+/g, '/t/***')
    .replace(/bkh_[\w-]+/g, '***')
    .replace(/([?&][^=&]*(?:token|secret|password|key|code)[^=&]*=)[^&]*/gi, '$1***');
}
