/** The server says what changed; the page asks again for just that. */
import { useEffect, useState } from 'react';
import { address } from '../../api/client.ts';
import type { ServerEvent, ServerInfo } from '../../api/contract.ts';
import { report } from '../report/embedded-report.ts';
import { queryClient } from './api.ts';

/** A directory being read changes builds many times a second; twice a second is as often as an eye profits from. */
const REFRESH_MS = 500;

/** Reports are made of all builds there are: what the server needs for one of 100,000 is a tenth of a second. */
const REFRESH_REPORTS_MS = 2000;
/** The cube is not among them: one of 5,000 builds takes seconds. */
const REPORTS = ['waterfall', 'matrix', 'testing', 'failures', 'qa'];

/** A server that starts anew, or a cable that is put in again, is not worth a word before this. */
const LOST_AFTER_MS = 2000;

/** True while the server does not answer: what is on screen may be old. The browser tries again by itself. */
export function useLiveUpdates(): boolean {
  const [lost, setLost] = useState(false);
  useEffect(() => {
    if (report !== null) return;
    const changed = new Set<string>();
    let timer: number | undefined;
    let reportsTimer: number | undefined;

    const refresh = (): void => {
      timer = undefined;
      for (const id of changed) {
        void queryClient.invalidateQueries({
          predicate: ({ queryKey }) =>
            (queryKey[0] === 'build' || queryKey[0] === 'log') &&
            typeof queryKey[1] === 'string' &&
            sameBuild(queryKey[1], id),
        });
      }
      changed.clear();
      for (const key of ['builds', 'facets', 'trend', 'recipes', 'recipe', 'search', 'server'])
        void queryClient.invalidateQueries({ queryKey: [key] });
    };

    const refreshReports = (): void => {
      reportsTimer = undefined;
      for (const key of REPORTS) void queryClient.invalidateQueries({ queryKey: [key] });
    };

    const source = new EventSource(address.events);
    let lostTimer: number | undefined;
    let missed = false;
    source.onerror = () => {
      missed = true;
      lostTimer ??= window.setTimeout(() => setLost(true), LOST_AFTER_MS);
    };
    source.onopen = () => {
      window.clearTimeout(lostTimer);
      lostTimer = undefined;
      setLost(false);
      // What happened in between was told to nobody.
      if (missed) void queryClient.invalidateQueries();
      missed = false;
    };
    source.onmessage = (message: MessageEvent<string>) => {
      const event = JSON.parse(message.data) as ServerEvent;
      if (event.type === 'build') {
        changed.add(event.id);
        timer ??= window.setTimeout(refresh, REFRESH_MS);
        reportsTimer ??= window.setTimeout(refreshReports, REFRESH_REPORTS_MS);
        return;
      }
      const reading =
        event.type === 'reading' ? { location: event.location, done: event.done, total: event.total } : null;
      queryClient.setQueryData<ServerInfo>(['server'], (info) => (info === undefined ? info : { ...info, reading }));
    };
    return () => {
      source.close();
      window.clearTimeout(timer);
      window.clearTimeout(reportsTimer);
      window.clearTimeout(lostTimer);
    };
  }, []);
  return lost;
}

/** An address may name a build by a prefix of its id, or as `@last`. */
function sameBuild(asked: string, id: string): boolean {
  return asked.startsWith('@') || id.startsWith(asked);
}
