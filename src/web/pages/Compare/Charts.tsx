/** The boot charts one below the other, from zero to the end of the longest: the same second is at the same place. */
import { useComputedColorScheme } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { Link } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { address } from '../../../api/client.ts';
import type { BuildRow } from '../../../api/contract.ts';
import { formatDuration } from '../../../model/format.ts';
import { report } from '../../report/embedded-report.ts';
import styles from './Compare.module.css';
import { letter } from './letter.ts';

/** A drawing per width would be asked for at every pixel of a drag of the window. */
const WIDTH_STEP_PX = 50;
const CHARTS_MAX = 6;

export function Charts({ builds }: { builds: readonly BuildRow[] }) {
  const { ref, width } = useElementSize<HTMLDivElement>();
  const scheme = useComputedColorScheme('light');
  const longest = Math.max(...builds.map((b) => b.durationMs ?? 0));
  const widthPx = Math.max(350, Math.floor(width / WIDTH_STEP_PX) * WIDTH_STEP_PX);
  return (
    <section ref={ref}>
      <div className={styles.heading}>
        <h2>Boot charts on one axis</h2>
        <span className="muted">from 0 to {formatDuration(longest)}</span>
      </div>
      {width === 0 || longest === 0
        ? null
        : builds.slice(0, CHARTS_MAX).map((build, i) => (
            <figure key={build.id} className={styles.chart} aria-label={`Boot chart of ${letter(i)}`}>
              <figcaption>
                <span className={styles.letter}>{letter(i)}</span>{' '}
                <Link to="/b/$id" params={{ id: build.id }}>
                  {build.name}
                </Link>{' '}
                <span className="muted">{formatDuration(build.durationMs)}</span>
              </figcaption>
              <ChartImage
                build={build}
                toS={Math.ceil(longest / 1000)}
                widthPx={widthPx}
                scheme={scheme}
                alt={`Boot chart of ${build.name}`}
              />
            </figure>
          ))}
      {builds.length > CHARTS_MAX ? <p className="muted">Only the first {CHARTS_MAX} are drawn.</p> : null}
    </section>
  );
}

interface ChartImageProps {
  readonly build: BuildRow;
  /** Right end of the common axis, seconds from the start of the build. */
  readonly toS: number;
  readonly widthPx: number;
  readonly scheme: 'light' | 'dark';
  readonly alt: string;
}

function ChartImage({ alt, ...drawing }: ChartImageProps) {
  const src = useChartAddress(drawing);
  // The address that broke, not a flag: another width may be drawn again.
  const [broken, setBroken] = useState<string | null>(null);
  if (src !== null && broken === src) return <p className="muted">The chart of this build could not be drawn.</p>;
  if (src === null) return null;
  return <img src={src} alt={alt} loading="lazy" onError={() => setBroken(src)} className={styles.image} />;
}

/** Drawn by the server; in a report file by the page itself, which loads the drawing code then. */
function useChartAddress({ build, toS, widthPx, scheme }: Omit<ChartImageProps, 'alt'>): string | null {
  // What is thinner than a pixel goes to the density lane.
  const minS = Math.max(0, Math.floor(toS / widthPx));
  const [held, setHeld] = useState<string | null>(null);
  useEffect(() => {
    if (report === null) return;
    let gone = false;
    void import('../../report/held-chart.ts').then(({ heldChart }) => {
      const drawing = { fromMs: 0, toMs: toS * 1000, widthPx, scheme, minMs: minS * 1000 };
      if (!gone && report !== null) setHeld(heldChart(report, build.id, drawing));
    });
    return () => {
      gone = true;
    };
  }, [build.id, toS, widthPx, scheme, minS]);
  if (report !== null) return held;
  const query = { t: `0-${toS}`, width: widthPx, scheme, strips: 'none', min: minS, r: build.revision };
  return address.chart(build.id, query);
}
