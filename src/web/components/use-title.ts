import { useEffect } from 'react';

/** What the browser's tab and a bookmark say: the page first, since tabs are cut on the right. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Bakehouse`;
  }, [title]);
}
