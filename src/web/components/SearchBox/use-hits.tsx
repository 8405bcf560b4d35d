/** What is found while a person types: the first of each kind, from the operation that the page of the search asks. */
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import type { FoundFailure } from '../../../api/contract.ts';
import { formatCount } from '../../../model/format.ts';
import { formatWhen } from '../../format/time.ts';
import { buildTitle } from '../../pages/build-title.ts';
import { searchHitsQuery } from '../../state/api.ts';
import { BuildOutcomeMark } from '../Outcome.tsx';
import type { Offer } from './SearchBox.tsx';

/** A person who types ten letters a second is asked about when he stops, and one who looks for each letter after each. */
const ASKED_AFTER_MS = 180;

export interface Hits {
  readonly offers: readonly Offer[];
  /** Of what was typed before: the answer to this text is not there yet. */
  readonly stale: boolean;
  readonly says: string;
}

/**
 * `text` is understood, or empty. Answers are kept by what was asked and the newest question alone is shown, so one that comes late is not mistaken
 * for the answer to what was typed since; a question that nobody waits for any more is broken off.
 */
export function useHits({ text, enabled, leave }: { text: string; enabled: boolean; leave: () => void }): Hits {
  const navigate = useNavigate();
  const [asked] = useDebouncedValue(text, ASKED_AFTER_MS);
  const wanted = enabled && text !== '' && asked !== '';
  const { data, isPlaceholderData, error } = useQuery({ ...searchHitsQuery(asked), enabled: wanted });
  const stale = isPlaceholderData || asked !== text;
  if (!wanted || data === undefined)
    return { offers: [], stale, says: error === null ? (enabled && text !== '' ? 'Searching …' : '') : error.message };
  const go = (to: () => Promise<void>) => () => {
    leave();
    void to();
  };
  const offers: Offer[] = [
    ...(data.builds?.rows ?? []).map((row) => ({
      id: `build ${row.id}`,
      group: `Builds ${countOf(data.counts?.builds)}`,
      label: (
        <>
          <BuildOutcomeMark outcome={row.outcome} /> {buildTitle(row)}{' '}
          <span className="muted">{row.machine ?? ''}</span>
        </>
      ),
      about: formatWhen(row.startedMs),
      run: go(() => navigate({ to: '/b/$id', params: { id: row.id } })),
    })),
    ...(data.recipes?.rows ?? []).map((row) => ({
      id: `recipe ${row.pn}`,
      group: `Recipes ${countOf(data.counts?.recipes)}`,
      label: (
        <span className="mono">
          {row.pn} <span className="muted">{row.version ?? ''}</span>
        </span>
      ),
      about:
        row.failed > 0 ? `${formatCount(row.failed)} of ${formatCount(row.runs)} failed` : formatWhen(row.startedMs),
      run: go(() => navigate({ to: '/recipes/$pn', params: { pn: row.pn }, search: {} })),
    })),
    ...(data.failures?.rows ?? []).map((row) => ({
      id: `failure ${row.id}`,
      group: `Failures ${countOf(data.counts?.failures)}`,
      label: (
        <>
          <span className="mono">{failureName(row)}</span> <span className="muted">{row.cause ?? ''}</span>
        </>
      ),
      about: formatWhen(row.startedMs),
      run: go(() => navigate({ to: '/f/$failure', params: { failure: row.id } })),
    })),
  ];
  return {
    offers,
    stale,
    says: offers.length === 0 ? (stale ? 'Searching …' : 'Nothing matches') : 'Enter shows all that matches',
  };
}

const countOf = (found: { readonly count: number; readonly more: boolean } | undefined): string =>
  found === undefined ? '' : `${formatCount(found.count)}${found.more ? '+' : ''}`;

const failureName = ({ pn, task }: FoundFailure): string => `${pn ?? 'the build'}${task === null ? '' : ` ${task}`}`;
