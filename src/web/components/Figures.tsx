/** Numbers, times and revisions as text with the exact value on hover. */

import { useEffect, useState } from 'react';
import {
  formatDifference,
  formatDuration,
  formatExact,
  formatQuantity,
  formatRatio,
  formatUtc,
  NOT_RECORDED,
  shortRevision,
} from '../../model/format.ts';
import { formatLocal, formatWhen } from '../format/time.ts';
import { CopyButton } from './CopyButton.tsx';

export function Missing({ why }: { why?: string | undefined }) {
  return (
    <span className="muted" title={why}>
      {NOT_RECORDED}
    </span>
  );
}

export function Quantity({ value, unit }: { value: number | null | undefined; unit: string }) {
  if (value === null || value === undefined || !Number.isFinite(value)) return <Missing />;
  return (
    <span className="nowrap" title={formatExact(value, unit)}>
      {formatQuantity(value, unit)}
    </span>
  );
}

export function Duration({ ms, estimated = false }: { ms: number | null | undefined; estimated?: boolean }) {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return <Missing />;
  const exact = formatExact(ms / 1000, 's');
  return (
    <span className="nowrap" title={estimated ? `${exact}, estimated: the end was not recorded` : exact}>
      {estimated ? '~ ' : ''}
      {formatDuration(ms)}
    </span>
  );
}

/** How long something has been running, by the clock of this machine, a second at a time. */
export function Elapsed({ sinceMs, words = false }: { sinceMs: number | null; words?: boolean }) {
  const [nowMs, setNowMs] = useState(() => Date.now());
  useEffect(() => {
    const timer = window.setInterval(() => setNowMs(Date.now()), 1000);
    return () => window.clearInterval(timer);
  }, []);
  if (sinceMs === null || nowMs < sinceMs) return <Missing />;
  return (
    <span className="nowrap" title={`running since ${formatUtc(sinceMs)}`}>
      {formatDuration(Math.floor((nowMs - sinceMs) / 1000) * 1000)}
      {words ? ' so far' : ''}
    </span>
  );
}

/** Local time; UTC on hover. */
export function When({ ms, full = false }: { ms: number | null | undefined; full?: boolean }) {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return <Missing />;
  return (
    <time className="nowrap" dateTime={new Date(ms).toISOString()} title={`${formatUtc(ms)}\n${formatLocal(ms)} local`}>
      {full ? formatLocal(ms) : formatWhen(ms)}
    </time>
  );
}

/** Time of day only, beside a date. */
export function Clock({ ms }: { ms: number }) {
  return (
    <time className="nowrap" dateTime={new Date(ms).toISOString()} title={`${formatUtc(ms)}\n${formatLocal(ms)} local`}>
      {formatLocal(ms).slice(11, 16)}
    </time>
  );
}

/** Against usual: worse is warm and has a triangle, better is cool. `noise`: smaller changes than this are plain. */
export function Ratio({
  ratio,
  lowerIsBetter = true,
  noise = 0.05,
  title,
}: {
  ratio: number | null | undefined;
  lowerIsBetter?: boolean;
  noise?: number;
  title?: string | undefined;
}) {
  if (ratio === null || ratio === undefined || !Number.isFinite(ratio)) return <Missing />;
  const worse = lowerIsBetter ? ratio > 0 : ratio < 0;
  const plain = Math.abs(ratio) < noise;
  const mark = plain ? '' : ratio > 0 ? ' ▲' : ' ▼';
  return (
    <span className={`nowrap ${plain ? '' : worse ? 'bad' : 'ok'}`} title={title}>
      {formatRatio(ratio)}
      <span aria-hidden="true">{mark}</span>
    </span>
  );
}

export function Difference({
  value,
  unit,
  lowerIsBetter = true,
}: {
  value: number | null | undefined;
  unit: string;
  lowerIsBetter?: boolean;
}) {
  if (value === null || value === undefined || !Number.isFinite(value)) return <span className="muted">–</span>;
  const tone = value === 0 ? 'muted' : value > 0 === lowerIsBetter ? 'bad' : 'ok';
  return (
    <span className={`nowrap ${tone}`} title={formatExact(value, unit)}>
      {formatDifference(value, unit)}
    </span>
  );
}

export function Revision({ commit }: { commit: string | null }) {
  if (commit === null || commit === '') return <Missing />;
  return (
    <span className="nowrap">
      <span className="mono" title={commit}>
        {shortRevision(commit)}
      </span>
      <CopyButton text={commit} what="revision" />
    </span>
  );
}
