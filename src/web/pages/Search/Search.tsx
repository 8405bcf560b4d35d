/** Search: builds, recipes, failures and causes of failures by one question that stands in the address. */
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { type ReactNode, useMemo, useRef } from 'react';
import type { SearchKey } from '../../../analysis/search-keys.ts';
import {
  EMPTY_QUERY,
  mended,
  parseSearch,
  printSearch,
  printTerm,
  type SearchQuery,
  valuesOf,
  withoutKey,
  withValue,
} from '../../../analysis/search-query.ts';
import { address } from '../../../api/client.ts';
import type { SearchAnswer, SearchFacets, SearchKind } from '../../../api/contract.ts';
import { formatCount } from '../../../model/format.ts';
import { DownloadMenu } from '../../components/DownloadMenu.tsx';
import { EmptyNote, ErrorNote } from '../../components/Notes.tsx';
import { SearchBox, wrongIn } from '../../components/SearchBox/SearchBox.tsx';
import { useFeed } from '../../components/use-feed.ts';
import { useTitle } from '../../components/use-title.ts';
import { searchFacetsQuery, searchPagesQuery, searchQuery } from '../../state/api.ts';
import { useCommands } from '../../state/commands.ts';
import { compact } from '../../state/search.ts';
import { Facet, valueLabel } from '../Builds/Facets.tsx';
import { type Asked, BuildLines, CauseLines, FailureLines, RecipeLines } from './Results.tsx';
import { Saved } from './Saved.tsx';
import styles from './Search.module.css';
import { ShowIn } from './ShowIn.tsx';
import { KINDS, type SearchSearch } from './search.ts';

const TITLES: Readonly<Record<SearchKind, string>> = {
  builds: 'Builds',
  recipes: 'Recipes',
  failures: 'Failures',
  causes: 'Causes',
};

const NOTHING: Readonly<Record<SearchKind, string>> = {
  builds: 'No build matches.',
  recipes: 'No recipe matches in the builds that were looked at.',
  failures: 'No failure matches.',
  causes: 'No failure that says why matches.',
};

/** Where looking ended, in words; what narrows looks further back. */
function saysOf({ bound, of }: SearchAnswer['reached'][number]): string {
  const many = formatCount(of);
  switch (bound) {
    case 'failures':
      return `Causes are those of the newest ${many} failures that match.`;
    case 'words':
      return `Words were looked for in the newest ${many} failures that match all else.`;
    case 'builds':
      return `Recipes are those of the newest ${many} builds that match: name one to look in all builds.`;
    case 'names':
      return `More than ${many} recipes are called so: ${many} of them were looked up in all builds, the others in the newest.`;
    case 'runs':
      return `Of each recipe the newest ${many} runs were looked at.`;
    case 'logs':
      return `More than ${many} logs have a word that is asked for: the newest ${many} were looked at.`;
    case 'texts':
      return `A phrase or a part of a word is looked for in the logs themselves: the newest ${many} that could have it were read.`;
  }
}

/** Which kind a bound is of; null: of all of them. */
const BOUND_OF: Readonly<Record<SearchAnswer['reached'][number]['bound'], SearchKind | null>> = {
  failures: 'causes',
  words: 'failures',
  builds: 'recipes',
  names: 'recipes',
  runs: 'recipes',
  logs: null,
  texts: null,
};

/** `kind`: the one that is shown; `of`: that whose bounds are wanted. */
function reachedOf(data: SearchAnswer | undefined, kind: SearchKind | undefined, of: SearchKind | null): string[] {
  // Causes are made of failures, and bounded by what bounds those.
  const wanted: readonly (SearchKind | null)[] = kind === 'causes' && of === 'causes' ? ['causes', 'failures'] : [of];
  return (data?.reached ?? []).filter(({ bound }) => wanted.includes(BOUND_OF[bound])).map(saysOf);
}

function Said({ notes }: { notes: readonly string[] }) {
  return notes.map((note) => (
    <p key={note} className="muted" role="note">
      {note}
    </p>
  ));
}

/** What stands in the results as it was asked for, and is marked there. */
function askedOf(q: string): Asked {
  if (wrongIn(q) !== null) return { q, words: [], inLog: undefined };
  const { terms } = parseSearch(q);
  const texts = (key: string) =>
    terms.filter((term) => term.key === key && !term.negated).flatMap(({ values }) => values.map(({ text }) => text));
  return { q, words: [...texts('text'), ...texts('cause')], inLog: texts('log')[0]?.replace(/^\*|\*$/g, '') };
}

/** Nothing was found by all terms: which of them may be one too many. */
function Fewer({ q }: { q: string }) {
  const { terms } = parseSearch(q);
  return (
    <EmptyNote title="Nothing matches">
      {q === '' ? (
        'There is no build yet.'
      ) : terms.length < 2 ? (
        'Words are found in what builds are called, in the names of recipes and in the lines that say why something failed; log:word looks into logs.'
      ) : (
        <span className={styles.fewer}>
          {terms.map((term) => (
            <Link
              key={printTerm(term)}
              to="/search"
              search={{ q: printSearch({ terms: terms.filter((one) => one !== term) }) }}
            >
              without <span className="mono">{printTerm(term)}</span>
            </Link>
          ))}
        </span>
      )}
    </EmptyNote>
  );
}

/** Counting stops somewhere, and then says "more than". */
const countText = ({ count, more }: { count: number; more: boolean }): string =>
  `${formatCount(count)}${more ? '+' : ''}`;

export function Search() {
  const { q = '', kind } = useSearch({ from: '/search' });
  const navigate = useNavigate({ from: '/search' });
  const box = useRef<HTMLInputElement>(null);
  const understood = wrongIn(q) === null;
  const first = useQuery({ ...searchQuery(q), enabled: understood });
  const pages = useInfiniteQuery({
    ...searchPagesQuery(q, kind ?? 'builds'),
    enabled: understood && kind !== undefined,
  });
  const facets = useQuery({ ...searchFacetsQuery(q), enabled: understood });
  useTitle(q === '' ? 'Search' : `${q} · Search`);

  const go = (part: SearchSearch): void => void navigate({ search: (old) => compact({ ...old, ...part }) });
  useCommands([
    {
      id: 'search-box',
      label: 'Search for something else',
      group: 'Search',
      keys: ['/'],
      run: () => box.current?.select(),
    },
  ]);

  const { data } = first;
  const counts = data?.counts;
  /** Of all kinds those that have something; a kind without is told by its count. */
  const filled = kind === undefined && data !== undefined ? KINDS.filter((one) => data[one]?.rows.length !== 0) : KINDS;
  const nothing = understood && kind === undefined && filled.length === 0;
  const shown: readonly SearchKind[] = kind === undefined ? filled : [kind];
  const better = understood ? null : mended(q);
  const asked = useMemo(() => askedOf(q), [q]);
  const failed = kind === undefined ? first.error : (pages.error ?? first.error);
  const exported = kind ?? 'builds';
  const feed = address.search(q, exported, 'atom');
  useFeed(feed, `Newest ${exported} of this search`);

  return (
    <>
      <div className="page-top">
        <h1>Search</h1>
        <span className="grow" />
        <a className="btn" href={feed} title={`Atom feed of the newest ${exported}`}>
          Feed
        </a>
        {understood ? <ShowIn q={q} facets={facets.data} /> : null}
        <Saved q={q} kind={kind} />
        <DownloadMenu
          items={(['csv', 'json'] as const).map((format) => ({
            label: format.toUpperCase(),
            hint: `${exported} that match`,
            href: address.search(q, exported, format),
          }))}
        />
      </div>
      <SearchBox value={q} onSearch={(text) => go({ q: text })} inputRef={box} />
      {understood ? <Narrow q={q} facets={facets.data} onChange={(text) => go({ q: text })} /> : null}
      <div className={styles.kinds} role="tablist" aria-label="Kinds">
        <Tab on={kind === undefined} onClick={() => go({ kind: undefined })}>
          All
        </Tab>
        {KINDS.map((one) => (
          <Tab key={one} on={kind === one} onClick={() => go({ kind: one })}>
            {TITLES[one]} <span className="muted">{counts == null ? '\u2007' : countText(counts[one])}</span>
          </Tab>
        ))}
      </div>
      <Said notes={[...(data?.notes ?? []), ...reachedOf(data, kind, null)]} />
      {failed === null ? null : (
        <ErrorNote error={failed} what="The search could not be answered" retry={() => void first.refetch()} />
      )}
      {!understood ? (
        <EmptyNote title="This search is not understood">
          {better === null ? (
            'Below the box stands where.'
          ) : (
            <>
              Probably{' '}
              <Link to="/search" search={{ q: better }} className="mono">
                {better}
              </Link>{' '}
              was meant.
            </>
          )}
        </EmptyNote>
      ) : (
        shown.map((one) => (
          <section key={one} className={styles.found} aria-label={TITLES[one]} aria-busy={first.isFetching}>
            {kind === undefined ? (
              <h2>
                {TITLES[one]} {counts == null ? null : <span className="muted">{countText(counts[one])}</span>}
              </h2>
            ) : null}
            <Said notes={reachedOf(data, kind, one)} />
            <Found
              kind={one}
              answers={kind === undefined ? (data === undefined ? [] : [data]) : (pages.data?.pages ?? [])}
              asked={asked}
            />
            {kind === undefined && data?.[one]?.next != null ? (
              <button type="button" className="btn plain" onClick={() => go({ kind: one })}>
                All {counts == null ? '' : countText(counts[one])} {TITLES[one].toLowerCase()}
              </button>
            ) : null}
          </section>
        ))
      )}
      {nothing ? <Fewer q={q} /> : null}
      {kind !== undefined && pages.hasNextPage ? (
        <button
          type="button"
          className="btn"
          disabled={pages.isFetchingNextPage}
          onClick={() => void pages.fetchNextPage()}
        >
          More
        </button>
      ) : null}
    </>
  );
}

function Tab({ on, onClick, children }: { on: boolean; onClick: () => void; children: ReactNode }) {
  return (
    <button type="button" role="tab" aria-selected={on} className={styles.tab} onClick={onClick}>
      {children}
    </button>
  );
}

function Found({ kind, answers, asked }: { kind: SearchKind; answers: readonly SearchAnswer[]; asked: Asked }) {
  if (answers.length === 0) return <p className="muted">{'\u00a0'}</p>;
  const rows = answers.reduce((sum, answer) => sum + (answer[kind]?.rows.length ?? 0), 0);
  if (rows === 0) return <p className="muted">{NOTHING[kind]}</p>;
  return (
    <ol className={styles.lines}>
      {kind === 'builds' ? (
        <BuildLines rows={answers.flatMap((answer) => answer.builds?.rows ?? [])} />
      ) : kind === 'recipes' ? (
        <RecipeLines rows={answers.flatMap((answer) => answer.recipes?.rows ?? [])} asked={asked} />
      ) : kind === 'failures' ? (
        <FailureLines rows={answers.flatMap((answer) => answer.failures?.rows ?? [])} asked={asked} />
      ) : (
        <CauseLines rows={answers.flatMap((answer) => answer.causes?.rows ?? [])} asked={asked} />
      )}
    </ol>
  );
}

const FACETS: readonly (readonly [
  key: SearchKey,
  label: string,
  of: (facets: SearchFacets) => SearchFacets['recipe'],
])[] = [
  ['machine', 'machine', ({ builds }) => builds.machine],
  ['distro', 'distro', ({ builds }) => builds.distro],
  ['release', 'release', ({ builds }) => builds.release],
  ['target', 'target', ({ builds }) => builds.target],
  ['branch', 'branch', ({ builds }) => builds.branch],
  ['builder', 'builder', ({ builds }) => builds.builder],
  ['host', 'host distro', ({ builds }) => builds.hostDistro],
  ['outcome', 'outcome', ({ builds }) => builds.outcome],
  ['recipe', 'failed recipe', ({ recipe }) => recipe],
  ['task', 'failed task', ({ task }) => task],
  ['class', 'class', ({ class: causeClass }) => causeClass],
];

function Narrow({
  q,
  facets,
  onChange,
}: {
  q: string;
  facets: SearchFacets | undefined;
  onChange: (q: string) => void;
}) {
  const query = q === '' ? EMPTY_QUERY : parseSearch(q);
  return (
    <div className={styles.facets}>
      {FACETS.map(([key, label, of]) => {
        const chosen = valuesOf(query, key);
        const values = facets === undefined ? [] : of(facets);
        if (facets !== undefined && values.length < 2 && chosen.length === 0) return null;
        // What is chosen stays in the list, whatever the rest leaves of it.
        const missing = chosen.filter((value) => !values.some((one) => (one.value ?? '') === value));
        return (
          <Facet
            key={key}
            label={label}
            chosen={chosen}
            values={[...values, ...missing.map((value) => ({ value, count: 0 }))].map(({ value, count }) => ({
              value: value ?? '',
              label: key === 'outcome' ? valueLabel('outcome', value ?? '') : valueLabel('machine', value ?? ''),
              count,
            }))}
            onChange={(next) => {
              const bare = withoutKey(query, key);
              onChange(printSearch(next.reduce((all, value) => withValue(all, key, value, true), bare)));
            }}
          />
        );
      })}
      <Since query={query} onChange={onChange} />
    </div>
  );
}

const AGES: readonly (readonly [age: string, label: string])[] = [
  ['24h', 'the last day'],
  ['7d', 'the last week'],
  ['4w', 'the last four weeks'],
  ['1y', 'the last year'],
];

/** An age, so that a search that is kept, or read as a feed, goes on with the time. Other dates are typed. */
function Since({ query, onChange }: { query: SearchQuery; onChange: (q: string) => void }) {
  const [since = ''] = valuesOf(query, 'since');
  const known = since === '' || AGES.some(([age]) => age === since);
  return (
    <select
      className="field"
      aria-label="Started since"
      value={since}
      onChange={(event) => {
        const bare = withoutKey(query, 'since');
        onChange(printSearch(event.target.value === '' ? bare : withValue(bare, 'since', event.target.value, true)));
      }}
    >
      <option value="">any time</option>
      {known ? null : <option value={since}>since {since}</option>}
      {AGES.map(([age, label]) => (
        <option key={age} value={age}>
          {label}
        </option>
      ))}
    </select>
  );
}
