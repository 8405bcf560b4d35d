/**
 * Tells the open pages what changed. Events of one build within a quarter of a second become one: a page that redraws faster than that
 * only burns the machine that is building.
 */
import type { ServerEvent } from '../api/contract.ts';
import type { EventAccess, EventSource } from '../api/routes/route.ts';

export const EVENTS_PER_SECOND_MAX = 4;

export interface EventHub extends EventSource {
  publish(event: ServerEvent, access?: EventAccess | null): void;
  /** What is being read, for whoever asks in between. */
  reading(): { location: string; done: number; total: number | null } | null;
  close(): void;
}

export function createEventHub(): EventHub {
  const listeners = new Set<(event: ServerEvent, access: EventAccess | null) => void>();
  /** Latest event by what it is about, in the order in which they came. */
  const waiting = new Map<string, { event: ServerEvent; access: EventAccess | null }>();
  let activity: ServerEvent = { type: 'idle' };
  let timer: NodeJS.Timeout | null = null;

  const flush = (): void => {
    const events = [...waiting.values()];
    waiting.clear();
    if (events.length === 0) {
      timer = null;
      return;
    }
    for (const { event, access } of events) for (const listener of listeners) listener(event, access);
    timer = setTimeout(flush, 1000 / EVENTS_PER_SECOND_MAX);
    timer.unref();
  };

  return {
    subscribe(listener) {
      listeners.add(listener);
      listener(activity, null);
      return () => listeners.delete(listener);
    },
    publish(event, access = null) {
      if (event.type !== 'build') activity = event;
      const key = event.type === 'build' ? event.id : 'activity';
      // In its new place: `idle` must not overtake the build that was saved before it.
      waiting.delete(key);
      waiting.set(key, { event, access });
      // The first event after a silence goes out at once.
      if (timer === null) flush();
    },
    reading() {
      if (activity.type !== 'reading') return null;
      const { location, done, total } = activity;
      return { location, done, total };
    },
    close() {
      if (timer !== null) clearTimeout(timer);
      timer = null;
      waiting.clear();
      listeners.clear();
    },
  };
}
