/** Configuration: everything recorded about how and where this was built. */
import { useNavigate, useSearch } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { formatBytes, formatCount, plural } from '../../../../model/format.ts';
import { CopyButton } from '../../../components/CopyButton.tsx';
import { Missing } from '../../../components/Figures.tsx';
import { EmptyNote } from '../../../components/Notes.tsx';
import { SearchField } from '../../../components/SearchField.tsx';
import { compact } from '../../../state/search.ts';
import { useBuild } from '../Build.tsx';
import { LayerTable } from '../BuildSummary.tsx';
import styles from './Config.module.css';

type Line = readonly [name: string, value: string | null];

const SOURCE_KINDS: Readonly<Record<string, string>> = {
  record: 'record',
  eventlog: 'event log',
  buildstats: 'buildstats',
  'cooker-log': 'cooker log',
  buildhistory: 'buildhistory',
  'error-report': 'error report',
  'test-results': 'test results',
  autobuilder: 'published results',
  buildbot: 'Buildbot',
  jenkins: 'Jenkins',
};

export function Config() {
  const build = useBuild();
  const { q } = useSearch({ from: '/b/$id/config' });
  const navigate = useNavigate({ from: '/b/$id/config' });
  const wanted = (q ?? '').toLowerCase();
  const keep = ([name, value]: Line): boolean => `${name} ${value ?? ''}`.toLowerCase().includes(wanted);
  const section = (title: string, lines: readonly Line[], why?: string): ReactNode => {
    const shown = lines.filter(keep);
    if (shown.length === 0 && wanted !== '') return null;
    return <Section title={title} lines={shown} why={why} />;
  };
  const { host } = build;
  return (
    <div className={styles.page}>
      <SearchField
        value={q ?? ''}
        onChange={(text) =>
          void navigate({ resetScroll: false, search: (old) => compact({ ...old, q: text }), replace: true })
        }
        placeholder="Search names and values"
        label="Search in the configuration"
        className={styles.search}
      />
      {section(
        'Read from',
        build.sources.map((s): Line => [SOURCE_KINDS[s.kind] ?? s.kind, s.location]),
      )}
      {section('Build', [
        ['name', build.name],
        ['id', build.id],
        ['targets', build.targets?.join(' ') ?? null],
        ['machine', build.machine],
        ['distro', build.distro],
        ['distro version', build.distroVersion],
        ['BitBake', build.bitbakeVersion],
        ['builder', build.builder],
        [
          'type',
          build.kind === 'not-recorded'
            ? null
            : `${build.kind}${build.kindEstimated ? ' (estimated from the tasks that ran)' : ''}`,
        ],
      ])}
      {section('Host', [
        ['name', host.name],
        ['distribution', host.distro],
        ['kernel', host.kernel],
        ['architecture', host.arch],
        ['processor', host.cpuModel],
        ['cores', host.cores === null ? null : formatCount(host.cores)],
        ['memory', host.memoryBytes === null ? null : formatBytes(host.memoryBytes)],
      ])}
      {wanted === '' ? (
        <section className={styles.section}>
          <h2>Layers</h2>
          {build.layers.length === 0 ? (
            <EmptyNote title="Layers were not recorded">
              They are in the event log (tmp/log/eventlog), which was not found beside the buildstats.
            </EmptyNote>
          ) : (
            <LayerTable build={build} />
          )}
        </section>
      ) : (
        section(
          'Layers',
          build.layers.map(
            (l): Line => [
              l.name,
              [l.branch, l.commit, l.modified === true ? 'modified' : null].filter((t) => t !== null).join(' '),
            ],
          ),
        )
      )}
      {section(
        'Variables',
        Object.entries(build.variables),
        'They are in the event log, which was not found beside the buildstats. Only a list of harmless variables is kept.',
      )}
      {section(
        'Root file systems',
        build.rootfsSizes.map(
          (r): Line => [r.path, r.bytes === null ? r.text : `${r.text}, about ${formatBytes(r.bytes)} as du rounds up`],
        ),
        'No image was made, or buildstats did not measure it.',
      )}
      {section('Other facts', Object.entries(build.extras), 'Every line of build_stats was understood.')}
      <p className="muted">
        {plural(build.metrics.length, 'metric')} of tasks and{' '}
        {plural(build.series.length, 'sample series', 'sample series')} were found; each is in every picker.
      </p>
    </div>
  );
}

function Section({ title, lines, why }: { title: string; lines: readonly Line[]; why: string | undefined }) {
  return (
    <section className={styles.section}>
      <h2>{title}</h2>
      {lines.length === 0 ? (
        <EmptyNote title="Not recorded">{why}</EmptyNote>
      ) : (
        <table className={styles.lines} aria-label={title}>
          <tbody>
            {lines.map(([name, value], i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: two sources may be of one kind
              <tr key={`${name} ${i}`}>
                <th className={/^[A-Z_]+(:|$)/.test(name) ? 'mono' : undefined}>{name}</th>
                <td className="mono">
                  {value === null || value === '' ? (
                    <Missing />
                  ) : (
                    <>
                      {value}
                      <CopyButton text={value} what={name} />
                    </>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
