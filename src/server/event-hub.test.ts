import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ServerEvent } from '../api/contract.ts';
import { createEventHub, EVENTS_PER_SECOND_MAX } from './event-hub.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const build = (id: string, revision: string): ServerEvent => ({ type: 'build', id, revision });

describe('the event hub', () => {
  it('tells a new listener how things stand, and then what happens', () => {
    const hub = createEventHub();
    const heard: ServerEvent[] = [];
    hub.subscribe((event) => heard.push(event));
    hub.publish(build('a', '1'));
    expect(heard).toEqual([{ type: 'idle' }, build('a', '1')]);
  });

  it('makes one event of many of one build, and four rounds of a second', () => {
    const hub = createEventHub();
    const heard: ServerEvent[] = [];
    hub.subscribe((event) => heard.push(event));
    heard.length = 0;
    for (let ms = 0; ms < 1000; ms += 10) {
      hub.publish(build('a', String(ms)));
      vi.advanceTimersByTime(10);
    }
    vi.advanceTimersByTime(1000);
    expect(heard.length).toBeLessThanOrEqual(EVENTS_PER_SECOND_MAX + 1);
    expect(heard.at(-1)).toEqual(build('a', '990'));
  });

  it('keeps builds apart and forgets who left', () => {
    const hub = createEventHub();
    const heard: ServerEvent[] = [];
    const leave = hub.subscribe((event) => heard.push(event));
    hub.publish(build('a', '1'));
    hub.publish(build('b', '1'));
    hub.publish(build('a', '2'));
    vi.advanceTimersByTime(300);
    expect(heard.slice(1)).toEqual([build('a', '1'), build('b', '1'), build('a', '2')]);
    leave();
    hub.publish(build('c', '1'));
    vi.advanceTimersByTime(300);
    expect(heard).toHaveLength(4);
  });

  it('knows what is being read until it is idle', () => {
    const hub = createEventHub();
    hub.publish({ type: 'reading', location: '/x', done: 3, total: 10 });
    expect(hub.reading()).toEqual({ location: '/x', done: 3, total: 10 });
    hub.publish({ type: 'idle' });
    expect(hub.reading()).toBeNull();
  });
});
