/** machine ▾ distro ▾ … : what values there are, how many builds each has, which are asked for. */

import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { searchOfFilter } from '../../../analysis/filter-search.ts';
import { formatCount, NOT_RECORDED } from '../../../model/format.ts';
import { Glass } from '../../components/Glass.tsx';
import { buildOutcomeLabel } from '../../components/Outcome.tsx';
import { Pop } from '../../components/Pop.tsx';
import { dateFieldValue, fromDateField } from '../../format/time.ts';
import { report } from '../../report/embedded-report.ts';
import { type BuildsFilter, facetsQuery } from '../../state/api.ts';
import styles from './Builds.module.css';
import { type BuildsSearch, FACET_KEYS, type FacetKey, filterOfAddress, parseValues, printValues } from './search.ts';

const LABELS: Readonly<Record<FacetKey, string>> = {
  machine: 'machine',
  distro: 'distro',
  target: 'target',
  builder: 'builder',
  host: 'host',
  hostDistro: 'host distro',
  branch: 'branch',
  release: 'release',
  outcome: 'outcome',
  kind: 'type',
  visibility: 'visibility',
};

export function valueLabel(key: FacetKey, value: string): string {
  if (value === '') return NOT_RECORDED;
  if (key === 'outcome') return buildOutcomeLabel(value);
  return value === 'not-recorded' ? NOT_RECORDED : value === 'sstate' ? 'from sstate' : value;
}

export function Facets({
  filter,
  onChange,
}: {
  filter: BuildsFilter;
  onChange: (part: Partial<BuildsSearch>) => void;
}) {
  const { data } = useQuery(facetsQuery(filter));
  return (
    <>
      {FACET_KEYS.map((key) => {
        const chosen = parseValues(filter[key]);
        const values = data?.[key] ?? [];
        // A choice of one is none, unless it is what hides the rest.
        if (data !== undefined && values.length < 2 && chosen.length === 0) return null;
        return (
          <Facet
            key={key}
            label={LABELS[key]}
            chosen={chosen}
            values={values.map((v) => ({
              value: v.value ?? '',
              label: valueLabel(key, v.value ?? ''),
              count: v.count,
            }))}
            onChange={(next) => onChange({ [key]: printValues(next) })}
          />
        );
      })}
      <DateFacet from={filter.from} to={filter.to} onChange={onChange} />
      <InSearch filter={filter} />
    </>
  );
}

/** The builds that are chosen here, in the search, where more can be asked of them: whatever is chosen but who may see them. */
function InSearch({ filter }: { filter: BuildsFilter }) {
  const q = searchOfFilter(filterOfAddress(filter));
  if (q === '' || report !== null) return null;
  return (
    // As narrow as can be: it comes with the first choice, and the row should not break for it.
    <Link
      to="/search"
      search={{ q }}
      className="btn plain square"
      title={`Search for these builds: ${q}${filter.visibility === undefined ? '' : ', without visibility, for which it has no word'}`}
    >
      <Glass />
      <span className="hidden-text">Search for these builds</span>
    </Link>
  );
}

/** One ▾ with its values and counts; what more than one page narrows by. */
export function Facet({
  label,
  chosen,
  values,
  onChange,
}: {
  label: string;
  chosen: readonly string[];
  values: readonly { value: string; label: string; count: number }[];
  onChange: (next: string[]) => void;
}) {
  const [find, setFind] = useState('');
  const named = values.find((v) => v.value === chosen[0])?.label ?? chosen[0];
  const says = chosen.length === 0 ? label : `${label}: ${chosen.length === 1 ? named : chosen.length}`;
  const shown = values.filter((v) => v.label.toLowerCase().includes(find.toLowerCase()));
  return (
    <Pop
      opener={
        <button type="button" className="btn" aria-pressed={chosen.length > 0} data-facet={label}>
          <span className="cut" style={{ maxWidth: 200 }}>
            {says}
          </span>{' '}
          <span aria-hidden="true">▾</span>
        </button>
      }
    >
      {values.length > 10 ? (
        <input
          className={`field ${styles.facetFind}`}
          placeholder={`Find ${label}`}
          aria-label={`Find ${label}`}
          value={find}
          onChange={(e) => setFind(e.target.value)}
        />
      ) : null}
      <div className={styles.facet}>
        {shown.map((v) => (
          <label key={v.value} className={styles.facetValue}>
            <input
              type="checkbox"
              checked={chosen.includes(v.value)}
              onChange={(e) => onChange(e.target.checked ? [...chosen, v.value] : chosen.filter((c) => c !== v.value))}
            />
            <span className={`grow cut ${v.value === '' ? 'muted' : ''}`}>{v.label}</span>
            <span className="muted">{formatCount(v.count)}</span>
          </label>
        ))}
        {shown.length === 0 ? <div className="muted">none has that in its name</div> : null}
      </div>
    </Pop>
  );
}

const DAY_MS = 86_400_000;

function DateFacet({
  from,
  to,
  onChange,
}: {
  from: number | undefined;
  to: number | undefined;
  onChange: (part: Partial<BuildsSearch>) => void;
}) {
  const set = from !== undefined || to !== undefined;
  const says = set ? `date: ${dateFieldValue(from) || '…'} – ${dateFieldValue(to) || '…'}` : 'date';
  const lastDays = (days: number): void =>
    onChange({ from: new Date(Date.now() - (days - 1) * DAY_MS).setHours(0, 0, 0, 0), to: undefined });
  return (
    <Pop
      opener={
        <button type="button" className="btn" aria-pressed={set}>
          {says} <span aria-hidden="true">▾</span>
        </button>
      }
    >
      <div className={styles.dates}>
        <div className="row">
          {[
            [1, 'today'],
            [7, '7 days'],
            [30, '30 days'],
          ].map(([days, text]) => (
            <button key={text} type="button" className="btn" onClick={() => lastDays(Number(days))}>
              {text}
            </button>
          ))}
          <button
            type="button"
            className="btn plain"
            disabled={!set}
            onClick={() => onChange({ from: undefined, to: undefined })}
          >
            any
          </button>
        </div>
        <label>
          from{' '}
          <input
            className="field"
            type="date"
            value={dateFieldValue(from)}
            onChange={(e) => onChange({ from: fromDateField(e.target.value) })}
          />
        </label>
        <label>
          to{' '}
          <input
            className="field"
            type="date"
            value={dateFieldValue(to)}
            onChange={(e) => onChange({ to: fromDateField(e.target.value, true) })}
          />
        </label>
      </div>
    </Pop>
  );
}
