import { useEffect } from 'react';

/**
 * The feed of what the page shows, for browsers and readers that look for one in its head. The server puts it there as well, for those that run no
 * scripts (server/page-feeds.ts): there is one at a time, and none on a page without a feed.
 */
export function useFeed(href: string, title: string): void {
  useEffect(() => {
    for (const old of document.head.querySelectorAll('link[type="application/atom+xml"]')) old.remove();
    const link = document.createElement('link');
    link.rel = 'alternate';
    link.type = 'application/atom+xml';
    link.title = title;
    link.href = href;
    document.head.append(link);
    return () => link.remove();
  }, [href, title]);
}
