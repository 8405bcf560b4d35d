/** The boot charts one below the other, from zero to the end of the longest: the same second is at the same place. */
import { useComputedColorScheme } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { address } from '../../../api/client.ts';
import type { BuildRow } from '../../../api/contract.ts';
import { formatDuration } from '../../../model/format.ts';
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
            <figure key={build.id} className={styles.chart}>
              <figcaption>
                <span className={styles.letter}>{letter(i)}</span>{' '}
                <Link to="/b/$id" params={{ id: build.id }}>
                  {build.name}
                </Link>{' '}
                <span className="muted">{formatDuration(build.durationMs)}</span>
              </figcaption>
              <ChartImage
                src={address.chart(build.id, {
                  t: `0-${Math.ceil(longest / 1000)}`,
                  width: widthPx,
                  scheme,
                  strips: 'none',
                  // What is thinner than a pixel goes to the density lane.
                  min: Math.max(0, Math.floor(longest / 1000 / widthPx)),
                  r: build.revision,
                })}
                alt={`Boot chart of ${build.name}`}
              />
            </figure>
          ))}
      {builds.length > CHARTS_MAX ? <p className="muted">Only the first {CHARTS_MAX} are drawn.</p> : null}
    </section>
  );
}

function ChartImage({ src, alt }: { src: string; alt: string }) {
  const [broken, setBroken] = useState(false);
  if (broken) return <p className="muted">The chart of this build could not be drawn.</p>;
  return <img src={src} alt={alt} loading="lazy" onError={() => setBroken(true)} className={styles.image} />;
}
