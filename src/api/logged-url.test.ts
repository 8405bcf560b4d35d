import { expect, test } from 'vitest';
import { loggedUrl } from './logged-url.ts';

test.each([
  ['/api/v1/builds?machine=qemux86&limit=5', '/api/v1/builds?machine=qemux86&limit=5'],
  ['/t/bkh_abcDEF-12/ClientPost/?x=1', '/t/***/ClientPost/?x=1'],
  ['/t/anything/builds/', '/t/***/builds/'],
  ['/x?a=1&access_token=s3cret&b=2', '/x?a=1&access_token=***&b=2'],
  ['/x?TOKEN=a&clientSecret=b', '/x?TOKEN=***&clientSecret=***'],
  ['/x?q=bkh_zzz', '/x?q=***'],
])('%s is logged as %s', (url, logged) => {
  expect(loggedUrl(url)).toBe(logged);
});
