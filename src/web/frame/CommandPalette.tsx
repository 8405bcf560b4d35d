/** Ctrl-K: builds, recipes of the build on screen, pages and commands, by typing a part of their name. */
import { Modal } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useNavigate, useRouterState } from '@tanstack/react-router';
import { type ReactNode, useEffect, useId, useMemo, useRef, useState } from 'react';
import { BuildOutcomeMark } from '../components/Outcome.tsx';
import { formatWhen } from '../format/time.ts';
import { buildTitle } from '../pages/build-title.ts';
import { report } from '../report/embedded-report.ts';
import { buildQuery, client } from '../state/api.ts';
import { keyCaps, useAllCommands } from '../state/commands.ts';
import styles from './CommandPalette.module.css';

interface Entry {
  readonly id: string;
  readonly group: string;
  readonly label: ReactNode;
  readonly side?: ReactNode;
  readonly run: () => void;
}

const EACH_MAX = 8;

/** Every word typed must be in the text. */
function matches(text: string, words: readonly string[]): boolean {
  const lower = text.toLowerCase();
  return words.every((word) => lower.includes(word));
}

interface Props {
  /** What is typed so far: the frame keeps it, as it takes the letters that come before the field is there. */
  readonly text: string;
  readonly setText: (text: string) => void;
  readonly close: () => void;
}

export function CommandPalette({ text, setText, close }: Props) {
  const [at, setAt] = useState(0);
  const [asked] = useDebouncedValue(text.trim(), 150);
  const navigate = useNavigate();
  const commands = useAllCommands();
  const listId = useId();
  const listRef = useRef<HTMLDivElement>(null);
  const buildId = useRouterState({ select: (s) => /^\/b\/([^/]+)/.exec(s.location.pathname)?.[1] });
  const builds = useQuery({
    queryKey: ['builds', 'find', asked],
    queryFn: ({ signal }) => client.builds({ q: asked, limit: EACH_MAX }, signal),
    placeholderData: keepPreviousData,
  });
  const build = useQuery({ ...buildQuery(buildId ?? ''), enabled: buildId !== undefined });

  const entries = useMemo(() => {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    const found: Entry[] = [];
    const later: Entry[] = [];
    if (words.length > 0 && buildId !== undefined) {
      const names = [...new Set(build.data?.recipes.map((r) => r.pn))].filter((pn) => matches(pn, words));
      // The shorter the name, the more of it was typed.
      for (const pn of names.sort((a, b) => a.length - b.length || (a < b ? -1 : 1)).slice(0, EACH_MAX)) {
        found.push({
          id: `recipe ${pn}`,
          group: 'Recipes of this build',
          label: <span className="mono">{pn}</span>,
          side: 'its tasks',
          run: () => void navigate({ to: '/b/$id/tasks', params: { id: buildId }, search: { q: `recipe:${pn}` } }),
        });
      }
      const failed = (build.data?.failureList ?? []).flatMap((failure, i) => {
        const address = build.data?.failureAddresses[i];
        return matches(`${failure.pf} ${failure.task} failed failure`, words) ? [{ ...failure, address }] : [];
      });
      for (const failure of failed.slice(0, EACH_MAX)) {
        found.push({
          id: `failure ${failure.row} ${failure.pf} ${failure.task}`,
          group: 'Failures of this build',
          label: (
            <span className="mono">
              {failure.pf}:{failure.task}
            </span>
          ),
          side: failure.address === undefined ? 'its log' : 'why, since when, who else',
          run: () =>
            // A saved report has no server to ask for the page of a failure.
            void (failure.address === undefined || report !== null
              ? navigate({
                  to: '/b/$id/problems',
                  params: { id: buildId },
                  search: failure.row === null ? {} : { log: failure.row },
                })
              : navigate({ to: '/f/$failure', params: { failure: failure.address } })),
        });
      }
    }
    for (const command of commands) {
      if (command.keyOnly === true || command.id === 'palette') continue;
      if (!matches(`${command.label} ${command.group}`, words)) continue;
      found.push({
        id: command.id,
        group: 'Pages and commands',
        label: command.label,
        side:
          command.keys?.[0] === undefined
            ? null
            : keyCaps(command.keys[0]).map((cap) => (
                <kbd key={cap} className="kbd">
                  {cap}
                </kbd>
              )),
        run: command.run,
      });
    }
    const shown = found.filter((e) => e.group !== 'Pages and commands');
    if (words.length > 0 && report === null) {
      const q = text.trim();
      const entry: Entry = {
        id: 'search',
        group: 'Search',
        label: (
          <>
            Search for <span className="mono">{q}</span>
          </>
        ),
        side: 'builds, recipes, failures, causes',
        run: () => void navigate({ to: '/search', search: { q } }),
      };
      // With a key before a colon it is a search, and no name.
      if (/(?:^|\s)-?[a-z]+:/i.test(q)) shown.unshift(entry);
      else later.push(entry);
    }
    // Until the answer to what is typed has come, the last answer's builds that fit it too.
    const answered = asked === text.trim() && !builds.isPlaceholderData;
    for (const row of builds.data?.builds ?? []) {
      const named = [buildTitle(row), row.machine, row.distro, row.name, row.builder, row.hostName, row.location];
      if (!answered && !matches(named.join(' '), words)) continue;
      shown.push({
        id: row.id,
        group: words.length === 0 ? 'Last builds' : 'Builds',
        label: (
          <>
            <BuildOutcomeMark outcome={row.outcome} /> {buildTitle(row)}{' '}
            <span className="muted">{row.machine ?? ''}</span>
          </>
        ),
        side: formatWhen(row.startedMs),
        run: () => void navigate({ to: '/b/$id', params: { id: row.id } }),
      });
    }
    // Enter takes the first: a page or a command whose name was typed is meant before a search for its name.
    return [...shown, ...found.filter((e) => e.group === 'Pages and commands').slice(0, 16), ...later];
  }, [text, asked, build.data, builds.data, builds.isPlaceholderData, buildId, commands, navigate]);

  const active = Math.min(at, entries.length - 1);
  useEffect(() => {
    listRef.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' });
  });
  const choose = (entry: Entry | undefined): void => {
    if (entry === undefined) return;
    close();
    entry.run();
  };

  return (
    <Modal
      opened
      onClose={close}
      withCloseButton={false}
      size={640}
      padding={0}
      yOffset="12vh"
      transitionProps={{ duration: 0 }}
      attributes={{ content: { 'aria-label': 'Find' } }}
    >
      <input
        className={styles.input}
        data-autofocus
        role="combobox"
        aria-expanded="true"
        aria-controls={listId}
        aria-activedescendant={entries[active] === undefined ? undefined : `${listId}-${active}`}
        aria-label="Find builds, recipes, pages and commands"
        placeholder="Find builds, recipes, pages and commands"
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setAt(0);
        }}
        onKeyDown={(event) => {
          const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
          if (move !== undefined) {
            event.preventDefault();
            setAt((active + move + entries.length) % Math.max(1, entries.length));
          } else if (event.key === 'Enter') {
            event.preventDefault();
            choose(entries[active]);
          }
        }}
      />
      <div id={listId} role="listbox" aria-label="Found" className={styles.list} ref={listRef}>
        {entries.map((entry, i) => (
          <div key={entry.id} role="presentation">
            {entries[i - 1]?.group === entry.group ? null : <div className={styles.group}>{entry.group}</div>}
            {/* biome-ignore lint/a11y/useKeyWithClickEvents: the keys are on the field that keeps the focus */}
            <div
              id={`${listId}-${i}`}
              role="option"
              tabIndex={-1}
              aria-selected={i === active}
              className={styles.entry}
              onClick={() => choose(entry)}
              onMouseMove={() => setAt(i)}
            >
              <span className="cut grow">{entry.label}</span>
              <span className="muted nowrap">{entry.side}</span>
            </div>
          </div>
        ))}
        {entries.length === 0 && !builds.isFetching ? (
          <div className={styles.none}>Nothing has this in its name.</div>
        ) : null}
      </div>
    </Modal>
  );
}
