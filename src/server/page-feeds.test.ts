import { expect, test } from 'vitest';
import { pageFeed } from './page-feeds.ts';

test('the page of failures has the feed of its weeks, with its filter and nothing else of the address', () => {
  const feed = (path: string, query: string) => pageFeed(path, new URLSearchParams(query));
  expect(feed('failures', '')).toContain('href="/api/v1/failures/week.atom"');
  expect(feed('failures', 'view=week&week=2026-W47&machine=qemuarm,qemux86-64&q=a"><script>')).toContain(
    'href="/api/v1/failures/week.atom?q=a%22%3E%3Cscript%3E&amp;machine=qemuarm%2Cqemux86-64"',
  );
  expect(feed('recipes', 'machine=x')).toBeNull();
});

test('the page of a search has the feed of the kind that it shows, and of builds where it shows all', () => {
  const feed = (query: string) => pageFeed('search', new URLSearchParams(query));
  expect(feed('q=machine:"a b"&kind=causes&x=1')).toContain(
    'href="/api/v1/search.atom?q=machine%3A%22a+b%22&amp;kind=causes"',
  );
  expect(feed('kind=<b>')).toContain('title="Newest builds of this search" href="/api/v1/search.atom?kind=builds"');
});
