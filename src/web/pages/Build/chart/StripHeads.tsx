/** Names on the strips: which series, its axis, what must be known of it; add, superimpose, remove. */
import { Popover } from '@mantine/core';
import { useMemo, useState } from 'react';
import { axisText, type ChartSeries, MARK_WORDS, STRIP_PX, type StripEntry } from '../../../../chart/strips.ts';
import { unitLabel } from '../../../../model/format.ts';
import css from './BootChart.module.css';
import { STRIP_GAP } from './scene.ts';

export interface StripHeadsProps {
  readonly strips: readonly (readonly string[])[];
  readonly named: readonly { readonly entries: readonly StripEntry[]; readonly missing: readonly string[] }[];
  readonly all: readonly ChartSeries[];
  readonly gutterPx: number;
  readonly onChange: (strips: readonly (readonly string[])[]) => void;
}

export function StripHeads({ strips, named, all, gutterPx, onChange }: StripHeadsProps) {
  const toggle = (index: number, id: string): void => {
    const next = strips.map((ids, i) => {
      if (i !== index) return ids;
      return ids.includes(id) ? ids.filter((other) => other !== id) : [...ids, id];
    });
    onChange(next.filter((ids) => ids.length > 0));
  };
  return (
    <>
      {named.map(({ entries, missing }, i) => (
        <div
          // A strip has no identity but its place.
          key={strips[i]?.join('+') ?? i}
          className={css.stripHead}
          style={{ top: i * (STRIP_PX + STRIP_GAP), left: gutterPx }}
        >
          {entries.map((entry) => (
            <SeriesChip key={entry.series.id} entry={entry} onRemove={() => toggle(i, entry.series.id)} />
          ))}
          {missing.map((id) => (
            <span key={id} className={css.chip}>
              <span className={css.mono}>{id}</span> not recorded in this build
              <button
                type="button"
                className={css.chipRemove}
                onClick={() => toggle(i, id)}
                aria-label={`Remove ${id}`}
              >
                ×
              </button>
            </span>
          ))}
          <SeriesPicker
            all={all}
            chosen={strips[i] ?? []}
            label="+"
            title="Put another series on this strip, with its own axis"
            onToggle={(id) => toggle(i, id)}
          />
        </div>
      ))}
    </>
  );
}

function SeriesChip({ entry, onRemove }: { entry: StripEntry; onRemove: () => void }) {
  const { series, colour } = entry;
  const title = [
    `${series.id} from ${series.source}`,
    series.unit === 'none' ? 'unit unknown' : `in ${unitLabel(series.unit) || 'counts'}`,
    series.guessed ? 'name and unit are guessed' : null,
    series.note,
  ];
  return (
    <span className={css.chip} title={title.filter((t) => t !== null).join('. ')}>
      <span className={css.chipDot} style={{ background: colour }} />
      <span style={{ color: colour }}>{series.label}</span>
      <span className={css.chipAxis}>{axisText(entry)}</span>
      {series.guessed ? <span className={css.mark}>guessed</span> : null}
      {series.marks.map((mark) => (
        <span key={mark} className={css.mark}>
          {MARK_WORDS[mark]}
        </span>
      ))}
      <button type="button" className={css.chipRemove} onClick={onRemove} aria-label={`Remove ${series.label}`}>
        ×
      </button>
    </span>
  );
}

export interface SeriesPickerProps {
  readonly all: readonly ChartSeries[];
  readonly chosen: readonly string[];
  readonly label: string;
  readonly title: string;
  readonly onToggle: (id: string) => void;
}

/** Every series that was discovered, by the file it came from. */
export function SeriesPicker({ all, chosen, label, title, onToggle }: SeriesPickerProps) {
  const [opened, setOpened] = useState(false);
  const [filter, setFilter] = useState('');
  const groups = useMemo(() => {
    const words = filter.toLowerCase().split(/\s+/);
    const bySource = new Map<string, ChartSeries[]>();
    for (const series of all) {
      const text = `${series.id} ${series.label} ${series.source}`.toLowerCase();
      if (!words.every((word) => text.includes(word))) continue;
      bySource.set(series.source, [...(bySource.get(series.source) ?? []), series]);
    }
    return [...bySource];
  }, [all, filter]);
  return (
    <Popover opened={opened} onChange={setOpened} position="top-start" trapFocus returnFocus withinPortal shadow="md">
      <Popover.Target>
        <button
          type="button"
          className={css.addButton}
          title={title}
          aria-label={title}
          aria-expanded={opened}
          onClick={() => setOpened((before) => !before)}
        >
          {label}
        </button>
      </Popover.Target>
      <Popover.Dropdown className={css.picker}>
        <input
          className={css.field}
          placeholder="cpu, disk, eth0 …"
          aria-label="Find a series"
          value={filter}
          onChange={(event) => setFilter(event.currentTarget.value)}
        />
        <div className={css.pickerList}>
          {groups.map(([source, list]) => (
            <fieldset key={source} className={css.pickerGroup}>
              <legend>{source === 'tasks' ? 'computed from the tasks' : source}</legend>
              {list.map((series) => (
                <label key={series.id} className={css.pickerItem}>
                  <input type="checkbox" checked={chosen.includes(series.id)} onChange={() => onToggle(series.id)} />
                  <span>{series.label}</span>
                  <span className={css.muted}>{unitLabel(series.unit)}</span>
                  {series.guessed ? <span className={css.mark}>guessed</span> : null}
                  {series.marks.map((mark) => (
                    <span key={mark} className={css.mark}>
                      {MARK_WORDS[mark]}
                    </span>
                  ))}
                </label>
              ))}
            </fieldset>
          ))}
          {groups.length === 0 ? <p className={css.muted}>No series of this build is called so.</p> : null}
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}
