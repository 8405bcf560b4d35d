/** What stays while pages change: names of the pages, the search, light and dark, the keys. */
import { useComputedColorScheme, useMantineColorScheme } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, Outlet, useNavigate, useRouterState } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useRef, useState } from 'react';
import { formatCount } from '../../model/format.ts';
import { useCopy } from '../components/CopyButton.tsx';
import { Glass } from '../components/Glass.tsx';
import { SearchBox } from '../components/SearchBox/SearchBox.tsx';
import { report } from '../report/embedded-report.ts';
import { serverQuery } from '../state/api.ts';
import { keyCaps, useAllCommands, useCommands } from '../state/commands.ts';
import { useLiveUpdates } from '../state/live.ts';
import styles from './Frame.module.css';

// Needed on the first key press, and then what is typed before it is there is kept; what most people type is the box of the search.
const CommandPalette = lazy(() => import('./CommandPalette.tsx').then((m) => ({ default: m.CommandPalette })));
const KeyHelp = lazy(() => import('./KeyHelp.tsx').then((m) => ({ default: m.KeyHelp })));

/** `report`: behind the menu of reports, where a bar of all pages would be too long; the keys and the palette know no such difference. */
export const PAGES = [
  { to: '/', label: 'Builds', keys: 'g b', report: false },
  { to: '/failures', label: 'Failures', keys: 'g f', report: false },
  { to: '/recipes', label: 'Recipes', keys: 'g r', report: false },
  { to: '/search', label: 'Search', keys: 'g s', report: false },
  { to: '/compare', label: 'Compare', keys: 'g c', report: false },
  { to: '/explore', label: 'Explore', keys: 'g e', report: false },
  { to: '/qa', label: 'QA', keys: 'g q', report: true },
  { to: '/waterfall', label: 'Waterfall', keys: 'g w', report: true },
  { to: '/matrix', label: 'Matrix', keys: 'g m', report: true },
  { to: '/testing', label: 'Testing', keys: 'g t', report: true },
  { to: '/cube', label: 'Cube', keys: 'g u', report: true },
] as const;

/**
 * Leads to the box also from a field, and from a build, where `/` finds a task in the chart as it does in other viewers of traces. In lists `/` is the
 * box as everywhere, and `i` searches in the list.
 */
const BOX_KEY = 'mod+/';

/** A report file has no list of builds and nothing to search in but itself. */
const NAV = report === null ? PAGES : [];

export function Frame() {
  const navigate = useNavigate();
  const path = useRouterState({ select: (s) => s.location.pathname });
  const [typed, setTyped] = useState('');
  const [open, setOpenDialog] = useState<'palette' | 'keys' | null>(null);
  const opener = useRef<Element | null>(null);
  const setOpen = (dialog: 'palette' | 'keys' | null): void => {
    if (dialog !== null && open === null) opener.current = document.activeElement;
    setOpenDialog(dialog);
  };
  // The dialog is gone together with the focus it held: back to where it was, unless what was chosen took it.
  useEffect(() => {
    if (open !== null || opener.current === null) return;
    if (document.activeElement === document.body && opener.current instanceof HTMLElement) opener.current.focus();
    opener.current = null;
  }, [open]);
  const [menu, setMenu] = useState(false);
  const main = useRef<HTMLElement>(null);
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme('light');
  const [copied, copy] = useCopy();
  const lost = useLiveUpdates();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the folded menu closes whenever the page changes
  useEffect(() => setMenu(false), [path]);

  // Letters typed behind the key before the field has the focus belong to it; they would be lost or taken for keys of commands.
  useEffect(() => {
    if (open !== 'palette') return;
    setTyped('');
    const onKey = (event: KeyboardEvent): void => {
      if (event.target instanceof HTMLInputElement || event.key.length !== 1) return;
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      setTyped((before) => before + event.key);
    };
    window.addEventListener('keydown', onKey, true);
    return () => window.removeEventListener('keydown', onKey, true);
  }, [open]);

  /** The page of the search has the box itself. */
  const hasBox = report === null && path !== '/search';
  const box = useRef<HTMLInputElement>(null);
  const beforeBox = useRef<Element | null>(null);
  const search = (): void => {
    if (document.activeElement !== box.current) beforeBox.current = document.activeElement;
    box.current?.focus();
    box.current?.select();
  };
  const leaveBox = (why: 'escape' | 'chosen'): void => {
    box.current?.blur();
    if (why === 'escape' && beforeBox.current instanceof HTMLElement) beforeBox.current.focus();
    beforeBox.current = null;
  };

  const toggleScheme = (): void => setColorScheme(scheme === 'dark' ? 'light' : 'dark');
  useCommands(
    [
      {
        id: 'palette',
        label: 'Find builds, recipes, pages and commands',
        group: 'Everywhere',
        // A report in one file is searched by it too: there is no server to ask.
        keys: report === null ? ['mod+k'] : ['mod+k', '/'],
        inFields: false,
        run: () => setOpen('palette'),
      },
      ...(hasBox
        ? [
            {
              id: 'box',
              label: 'Search builds, recipes and failures',
              group: 'Everywhere',
              keys: ['/'],
              run: search,
            },
            {
              id: 'box-from-anywhere',
              label: 'The same from within a field, and on a build, where / finds in it',
              group: 'Everywhere',
              keys: [BOX_KEY],
              inFields: true,
              keyOnly: true,
              run: () => {
                // Not behind a dialog.
                if (open === null) search();
              },
            },
          ]
        : []),
      { id: 'keys', label: 'Show the keys', group: 'Everywhere', keys: ['?'], run: () => setOpen('keys') },
      ...NAV.map((page) => ({
        id: `go ${page.to}`,
        label: `Go to ${page.label}`,
        group: 'Everywhere',
        keys: [page.keys],
        run: () => void navigate({ to: page.to, search: {} }),
      })),
      { id: 'scheme', label: 'Switch between light and dark', group: 'Everywhere', keys: ['g d'], run: toggleScheme },
      {
        id: 'scheme-system',
        label: 'Light or dark as the system says',
        group: 'Everywhere',
        run: () => setColorScheme('auto'),
      },
      {
        id: 'copy-link',
        label: 'Copy the link to what is on screen',
        group: 'Everywhere',
        keys: ['y'],
        run: () => copy(window.location.href),
      },
    ],
    true,
  );

  return (
    <div className={styles.frame}>
      {/* No address: in a report file what follows the # is the page. */}
      <button type="button" className={styles.skip} onClick={() => main.current?.focus()}>
        Skip to the page
      </button>
      <header className={`${styles.bar} no-print`}>
        <Link to="/" search={{}} className={styles.brand} aria-label="Bakehouse, list of builds">
          <svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true">
            <rect x="0" y="1" width="9" height="3.4" fill="var(--bh-outcome-succeeded)" />
            <rect x="4" y="6.3" width="12" height="3.4" fill="var(--bh-outcome-covered)" />
            <rect x="2" y="11.6" width="7" height="3.4" fill="#e69f00" />
          </svg>
          Bakehouse
        </Link>
        <button
          type="button"
          className={`btn plain square ${styles.fold}`}
          aria-expanded={menu}
          aria-controls="pages"
          onClick={() => setMenu(!menu)}
        >
          <span aria-hidden="true">☰</span>
          <span className="hidden-text">Pages</span>
        </button>
        <nav id="pages" className={styles.nav} data-open={menu} aria-label="Pages">
          {NAV.map((page) => (
            <PageLink key={page.to} page={page} path={path} />
          ))}
          {NAV.length === 0 ? null : <Reports path={path} />}
        </nav>
        <span className="grow" />
        <span role="alert" className={lost ? `bad cut ${styles.lost}` : 'hidden-text'}>
          {lost ? 'The server does not answer' : ''}
        </span>
        {report === null ? <Reading /> : <span className="muted">a report in one file</span>}
        <span role="status" className={copied === 'idle' ? 'hidden-text' : 'muted'}>
          {copied === 'copied' ? 'link copied' : copied === 'failed' ? 'cannot copy here' : ''}
        </span>
        {report === null ? null : (
          <button
            type="button"
            className={styles.search}
            onClick={() => setOpen('palette')}
            title={`Find anything (${keyCaps('mod+k').join(' ')})`}
          >
            <Glass />
            <span className={styles.searchText}>Find</span>
            <kbd className="kbd">/</kbd>
          </button>
        )}
        {hasBox ? (
          <>
            <div className={styles.boxPlace}>
              <SearchBox
                value=""
                inputRef={box}
                onSearch={(q) => void navigate({ to: '/search', search: q === '' ? {} : { q } })}
                frame={{
                  leave: leaveBox,
                  keys: <BoxKeys />,
                  foot: (
                    <button
                      type="button"
                      className={`muted ${styles.toPalette}`}
                      tabIndex={-1}
                      onClick={() => {
                        leaveBox('chosen');
                        setOpen('palette');
                      }}
                    >
                      pages and commands{' '}
                      {keyCaps('mod+k').map((cap) => (
                        <kbd key={cap} className="kbd">
                          {cap}
                        </kbd>
                      ))}
                    </button>
                  ),
                }}
              />
            </div>
            <button type="button" className={`btn plain square ${styles.toBox}`} onClick={search}>
              <Glass />
              <span className="hidden-text">Search</span>
            </button>
          </>
        ) : null}
        <button
          type="button"
          className="btn plain square"
          onClick={toggleScheme}
          title={scheme === 'dark' ? 'Light' : 'Dark'}
        >
          <svg width="14" height="14" viewBox="0 0 14 14" aria-hidden="true">
            <circle cx="7" cy="7" r="6" fill="none" stroke="currentColor" strokeWidth="1.4" />
            <path d="M7 1a6 6 0 0 1 0 12z" fill="currentColor" />
          </svg>
          <span className="hidden-text">Switch between light and dark</span>
        </button>
        <button
          type="button"
          className={`btn plain square ${styles.help}`}
          onClick={() => setOpen('keys')}
          title="Keys"
        >
          <span aria-hidden="true">?</span>
          <span className="hidden-text">Show the keys</span>
        </button>
        {report === null ? <Who path={path} /> : null}
      </header>
      <main id="main" className={styles.main} ref={main} tabIndex={-1}>
        <Outlet />
      </main>
      <Suspense fallback={null}>
        {open === 'palette' ? <CommandPalette text={typed} setText={setTyped} close={() => setOpen(null)} /> : null}
        {open === 'keys' ? <KeyHelp close={() => setOpen(null)} /> : null}
      </Suspense>
    </div>
  );
}

/** The key that leads to the box from here. */
function BoxKeys() {
  const first = useAllCommands().find((command) => command.keys?.includes('/'));
  return keyCaps(first === undefined || first.id === 'box' ? '/' : BOX_KEY).map((cap) => (
    <kbd key={cap} className="kbd">
      {cap}
    </kbd>
  ));
}

type Page = (typeof PAGES)[number];

function isHere({ to }: Page, path: string): boolean {
  return to === '/' ? path === '/' || path.startsWith('/b/') : path.startsWith(to);
}

/** A report is in its menu, and on a phone, where all pages are one list, in that. */
function PageLink({ page, path }: { page: Page; path: string }) {
  return (
    <Link
      to={page.to}
      search={{}}
      className={page.report ? `${styles.page} ${styles.inList}` : styles.page}
      aria-current={isHere(page, path) ? 'page' : undefined}
      activeProps={{}}
    >
      {page.label}
    </Link>
  );
}

function Reports({ path }: { path: string }) {
  const [open, setOpen] = useState(false);
  const here = PAGES.find((page) => page.report && isHere(page, path));
  // biome-ignore lint/correctness/useExhaustiveDependencies: the menu closes whenever the page changes
  useEffect(() => setOpen(false), [path]);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Escape and leaving it close what the button opens
    <div
      className={styles.reports}
      onBlur={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget)) setOpen(false);
      }}
      onKeyDown={(event) => {
        if (event.key === 'Escape') setOpen(false);
      }}
    >
      <button
        type="button"
        className={styles.page}
        aria-expanded={open}
        aria-current={here === undefined ? undefined : 'page'}
        onClick={() => setOpen(!open)}
      >
        {here?.label ?? 'Reports'} <span aria-hidden="true">▾</span>
        {here === undefined ? null : <span className="hidden-text">, more reports</span>}
      </button>
      {open ? (
        <div className={`pop ${styles.menu}`}>
          {PAGES.filter((page) => page.report).map((page) => (
            <Link
              key={page.to}
              to={page.to}
              search={{}}
              aria-current={isHere(page, path) ? 'page' : undefined}
              activeProps={{}}
            >
              {page.label}
            </Link>
          ))}
        </div>
      ) : null}
    </div>
  );
}

/** Who is signed in; nothing on a server where there is nothing to sign in to. */
function Who({ path }: { path: string }) {
  const { data } = useQuery(serverQuery);
  if (data === undefined || !data.signIn) return null;
  const { account } = data;
  const here = (to: string) => (path.startsWith(to) ? ('page' as const) : undefined);
  if (account === null)
    return (
      <Link to="/sign-in" className={`btn plain ${styles.who}`} aria-current={here('/sign-in')} activeProps={{}}>
        Sign in
      </Link>
    );
  return (
    <nav className={styles.own} aria-label="Account">
      {account.role === 'admin' ? (
        <Link to="/admin" className={`btn plain ${styles.who}`} aria-current={here('/admin')} activeProps={{}}>
          Server
        </Link>
      ) : null}
      <Link
        to="/account"
        className={`btn plain cut ${styles.who}`}
        aria-current={here('/account')}
        activeProps={{}}
        title="Tokens, password, sessions"
      >
        <svg width="12" height="12" viewBox="0 0 12 12" fill="none" stroke="currentColor" aria-hidden="true">
          <circle cx="6" cy="3.8" r="2.3" strokeWidth="1.3" />
          <path d="M1.5 11c.5-2.6 2.3-3.9 4.5-3.9s4 1.3 4.5 3.9" strokeWidth="1.3" />
        </svg>
        <span className={`cut ${styles.name}`}>{account.name}</span>
      </Link>
    </nav>
  );
}

/** What the server is reading now, so that an empty or growing list explains itself. */
function Reading() {
  const { data } = useQuery(serverQuery);
  const reading = data?.reading;
  if (reading === null || reading === undefined) return null;
  const name = reading.location.split('/').filter(Boolean).slice(-2).join('/');
  return (
    <span className={`${styles.reading} cut`} role="status" title={`Reading ${reading.location}`}>
      <span className="pulse" aria-hidden="true">
        ▸
      </span>{' '}
      reading <span className="mono">{name}</span>{' '}
      {reading.total === null
        ? formatCount(reading.done)
        : `${formatCount(reading.done)} of ${formatCount(reading.total)}`}
    </span>
  );
}
