/** The log of a task run, as it is: text, never markup. Long ones come as head and tail, and what is between them as it is asked for. */
import { useQuery } from '@tanstack/react-query';
import { memo, type Ref, useEffect, useMemo, useRef, useState } from 'react';
import { findCause } from '../../../../analysis/cause-line.ts';
import { ApiError, address } from '../../../../api/client.ts';
import type { BuildDetail, LogText } from '../../../../api/contract.ts';
import { formatBytes, plural } from '../../../../model/format.ts';
import { CopyButton } from '../../../components/CopyButton.tsx';
import { EmptyNote, ErrorNote } from '../../../components/Notes.tsx';
import { client, logQuery } from '../../../state/api.ts';
import styles from './LogViewer.module.css';

/** Colour codes are of no use here and unreadable as text. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character is what is looked for
const ANSI = /\u001b\[[0-9;]{0,32}[A-Za-z]/g;

/** What stands between head and tail in the text of a log whose middle was left out. */
const LEFT_OUT = /\n\n\[… \d+ bytes left out …\]\n\n/;

/** Lines before and after the gap; the two that the gap cuts belong to it. */
function partsOf(log: LogText): { readonly before: readonly string[]; readonly after: readonly string[] } {
  const text = log.text.replaceAll(ANSI, '');
  if (log.gap === null) return { before: text.split('\n'), after: [] };
  const [head = '', tail = ''] = text.split(LEFT_OUT);
  return { before: head.split('\n').slice(0, -1), after: tail.split('\n').slice(1) };
}

/** Lines of the gap that were asked for so far, and the first one that was not. */
interface Middle {
  readonly of: LogText;
  readonly lines: readonly string[];
  readonly next: number;
}

export function LogViewer({
  build,
  row,
  wrap,
  onWrap,
}: {
  build: BuildDetail;
  row: number;
  wrap: boolean;
  onWrap: (on: boolean) => void;
}) {
  const query = useQuery({ ...logQuery(build.id, row), enabled: build.logsAvailable });
  const firstError = useRef<HTMLSpanElement>(null);
  const box = useRef<HTMLPreElement>(null);
  const { data } = query;
  const parts = useMemo(() => (data === undefined ? { before: [], after: [] } : partsOf(data)), [data]);
  const [middle, setMiddle] = useState<Middle | null>(null);
  const [failed, setFailed] = useState<unknown>(null);
  const loaded = middle !== null && middle.of === data ? middle : null;
  const next = loaded?.next ?? data?.gap?.from ?? 0;
  const left = data?.gap == null ? 0 : Math.max(0, data.gap.to - next + 1);
  const before = useMemo(() => [...parts.before, ...(loaded?.lines ?? [])], [parts, loaded]);
  const lines = useMemo(() => [...before, ...parts.after], [before, parts]);

  async function more(): Promise<void> {
    if (data?.gap == null) return;
    setFailed(null);
    try {
      const { text, to } = await client.log(build.id, { row, from: next, to: data.gap.to });
      const read = text.replaceAll(ANSI, '').replace(/\n$/, '').split('\n');
      setMiddle({ of: data, lines: [...(loaded?.lines ?? []), ...read], next: Math.max(next, to ?? next) + 1 });
    } catch (error) {
      setFailed(error);
    }
  }

  // Found in head and tail, once: it takes a quarter of a second for 2 MB. The number is that of the line as shown here.
  const causeAt = useMemo(() => findCause([...parts.before, ...parts.after].join('\n'))?.line ?? -1, [parts]);
  const errorAt = causeAt < parts.before.length ? causeAt : causeAt + (loaded?.lines.length ?? 0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each log
  useEffect(() => {
    const line = firstError.current;
    if (line !== null && box.current !== null) box.current.scrollTop = line.offsetTop - 60;
  }, [data]);

  if (!build.logsAvailable) {
    return (
      <EmptyNote title="Logs cannot be shown">
        None came with the build. They stay in the build folder; the server shows them when it was pointed at that
        folder, and then only from below it.
      </EmptyNote>
    );
  }
  if (query.isError) {
    if (query.error instanceof ApiError && query.error.code === 'not-found')
      return <EmptyNote title="There is no log of this task">{query.error.message}</EmptyNote>;
    return <ErrorNote error={query.error} what="The log could not be read" retry={() => void query.refetch()} />;
  }
  if (data === undefined) return <div className={`skeleton ${styles.bone}`} />;
  const gap =
    left === 0 ? null : (
      <button type="button" className={`btn ${styles.gap}`} onClick={() => void more()}>
        {failed === null ? `Show more of ${plural(left, 'line')} left out here` : 'They could not be read. Again'}
      </button>
    );
  return (
    <div className={styles.viewer}>
      <div className={styles.head}>
        <span className={`mono muted grow ${styles.path}`} title={data.path}>
          {data.path}
        </span>
        <span className="muted nowrap">
          {formatBytes(data.bytes)}
          {data.lines === null ? '' : `, ${plural(data.lines, 'line')}`}
          {data.truncated && left > 0 ? ', the middle left out' : ''}
          {data.originalBytes === null ? '' : `; of ${formatBytes(data.originalBytes)} where it was built`}
        </span>
        <label className="row nowrap">
          <input type="checkbox" checked={wrap} onChange={(e) => onWrap(e.target.checked)} /> wrap
        </label>
        <CopyButton text={lines.join('\n')} what="log" label="Copy" />
        <a className="btn" href={address.log(build.id, { row })} download>
          Download
        </a>
      </div>
      <pre className={styles.log} data-wrap={wrap} ref={box}>
        <Lines lines={before} errorAt={errorAt} line={firstError} />
        {gap}
        <Lines lines={parts.after} errorAt={errorAt - before.length} line={firstError} />
      </pre>
    </div>
  );
}

/** Text and one marked line: an element for each line took seconds to lay out at 30,000. */
const Lines = memo(function Lines({
  lines,
  errorAt,
  line,
}: {
  lines: readonly string[];
  errorAt: number;
  line: Ref<HTMLSpanElement>;
}) {
  const ended = (some: readonly string[]): string => some.map((one) => `${one}\n`).join('');
  const here = errorAt >= 0 && errorAt < lines.length;
  if (!here) return ended(lines);
  return (
    <>
      {ended(lines.slice(0, errorAt))}
      <span className={styles.error} ref={line}>
        {lines[errorAt]}
        {'\n'}
      </span>
      {ended(lines.slice(errorAt + 1))}
    </>
  );
});
