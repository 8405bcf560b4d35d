/** The log of a task run, as it is: text, never markup. Long ones come as head and tail. */
import { useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useRef } from 'react';
import { findCause } from '../../../../analysis/cause-line.ts';
import { ApiError } from '../../../../api/client.ts';
import type { BuildDetail } from '../../../../api/contract.ts';
import { formatBytes } from '../../../../model/format.ts';
import { CopyButton } from '../../../components/CopyButton.tsx';
import { EmptyNote, ErrorNote } from '../../../components/Notes.tsx';
import { logQuery } from '../../../state/api.ts';
import styles from './LogViewer.module.css';

/** Colour codes are of no use here and unreadable as text. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character is what is looked for
const ANSI = /\u001b\[[0-9;]{0,32}[A-Za-z]/g;

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
  const lines = useMemo(() => query.data?.text.replaceAll(ANSI, '').split('\n') ?? [], [query.data]);
  // Found in what is shown, so that the number is that of the line here.
  const errorAt = useMemo(() => findCause(lines.join('\n'))?.line ?? -1, [lines]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each log
  useEffect(() => {
    const line = firstError.current;
    if (line !== null && box.current !== null) box.current.scrollTop = line.offsetTop - 60;
  }, [lines]);

  if (!build.logsAvailable) {
    return (
      <EmptyNote title="Logs cannot be shown">
        They stay in the build folder; the server shows them when it was pointed at that folder, and then only from
        below it.
      </EmptyNote>
    );
  }
  if (query.isError) {
    if (query.error instanceof ApiError && query.error.code === 'not-found')
      return <EmptyNote title="There is no log of this task">{query.error.message}</EmptyNote>;
    return <ErrorNote error={query.error} what="The log could not be read" retry={() => void query.refetch()} />;
  }
  if (query.data === undefined) return <div className={`skeleton ${styles.bone}`} />;
  return (
    <div className={styles.viewer}>
      <div className={styles.head}>
        <span className={`mono muted grow ${styles.path}`} title={query.data.path}>
          {query.data.path}
        </span>
        <span className="muted nowrap">
          {formatBytes(query.data.bytes)}
          {query.data.truncated ? ', the middle left out' : ''}
        </span>
        <label className="row nowrap">
          <input type="checkbox" checked={wrap} onChange={(e) => onWrap(e.target.checked)} /> wrap
        </label>
        <CopyButton text={query.data.text} what="log" label="Copy" />
      </div>
      <pre className={styles.log} data-wrap={wrap} ref={box}>
        {lines.map((line, i) => (
          <span
            // biome-ignore lint/suspicious/noArrayIndexKey: a line is its place
            key={i}
            className={i === errorAt ? styles.error : undefined}
            ref={i === errorAt ? firstError : undefined}
          >
            {line}
            {'\n'}
          </span>
        ))}
      </pre>
    </div>
  );
}
