/** The picture on a canvas; what is under the pointer in words; a click leads to the task, the recipe or the build. */
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import type { ExploreResult } from '../../../api/contract.ts';
import { formatQuantity } from '../../../model/format.ts';
import { formatLocal, formatWhen } from '../../format/time.ts';
import { Surface } from '../../paint/surface.ts';
import { buildQuery } from '../../state/api.ts';
import { buildTasksQuery } from '../../state/task-table.ts';
import { runKey } from '../Build/run-key.ts';
import styles from './Explore.module.css';
import { categoriesOf, drawPicture, type Hit, markAt, type Picture } from './picture.ts';

export function PictureCanvas({ picture, label }: { picture: Picture; label: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [hit, setHit] = useState<(Hit & { x: number; y: number }) | null>(null);
  const navigate = useNavigate();

  useEffect(() => {
    if (canvas.current === null) return;
    const surface = new Surface(canvas.current);
    const ratio = window.devicePixelRatio || 1;
    surface.resize(picture.widthPx, picture.heightPx, ratio);
    drawPicture(surface.begin(ratio), picture);
    setHit(null);
  }, [picture]);

  const { result } = picture;
  const point = hit?.mark.point ?? -1;
  const build = point < 0 ? undefined : result.builds[result.columns.build[point] ?? -1];
  const row = point < 0 ? null : (result.columns.row?.[point] ?? null);
  // Names of rows come with the columns of their build: asked for when first pointed at.
  const detail = useQuery({ ...buildQuery(build?.id ?? ''), enabled: build !== undefined && row !== null });
  const tasks = useQuery({
    ...buildTasksQuery(detail.data ?? NO_BUILD, []),
    enabled: detail.data !== undefined && row !== null,
  });
  const data = row !== null && tasks.data?.build.id === build?.id ? tasks.data : undefined;
  const recipe = data?.build.recipes[data.tasks.recipe[row ?? -1] ?? -1];
  const task = data?.tasks.taskNames[data.tasks.task[row ?? -1] ?? -1];

  const locate = (event: React.PointerEvent | React.MouseEvent): (Hit & { x: number; y: number }) | null => {
    const box = event.currentTarget.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    const found = markAt(picture, x, y);
    return found === null ? null : { ...found, x, y };
  };
  const follow = (): void => {
    if (build !== undefined && row !== null && data !== undefined) {
      void navigate({ to: '/b/$id/tasks', params: { id: build.id }, search: { sel: runKey(data, row) } });
    } else if (point >= 0) {
      const words = wordsOfPoint(result, point);
      if (build === undefined) return;
      if (words.recipe !== undefined || words.task !== undefined) {
        const q = [
          words.recipe === undefined ? '' : `recipe:"${words.recipe}"`,
          words.task === undefined ? '' : `task:"${words.task}"`,
        ]
          .join(' ')
          .trim();
        void navigate({ to: '/b/$id/tasks', params: { id: build.id }, search: { q } });
      } else void navigate({ to: '/b/$id', params: { id: build.id } });
    }
  };

  return (
    <>
      <div className={styles.picture} style={{ height: picture.heightPx }}>
        <canvas
          ref={canvas}
          role="img"
          aria-label={`${label}. The same as a table: key t.`}
          style={{ cursor: point >= 0 ? 'pointer' : 'default' }}
          onPointerMove={(e) => setHit(locate(e))}
          onPointerLeave={() => setHit(null)}
          onClick={follow}
        />
        {hit === null ? null : (
          <>
            <div
              className={styles.ring}
              style={{
                left: hit.panel.left + hit.mark.x - 3,
                top: hit.panel.top + hit.mark.y - 3,
                width: hit.mark.width + 6,
                height: hit.mark.height + 6,
              }}
            />
            <div className={styles.tip} style={tipPlace(hit, picture)} role="status">
              {recipe === undefined ? null : (
                <strong className="mono">
                  {recipe.pn}:{task}
                </strong>
              )}
              {hit.mark.label === null ? null : <span style={{ whiteSpace: 'pre-line' }}>{hit.mark.label}</span>}
              {point < 0 ? null : <Values result={result} point={point} />}
              {build === undefined || result.builds.length === 1 ? null : (
                <span className="muted">
                  {build.name}, {formatWhen(build.startedMs)}
                </span>
              )}
            </div>
          </>
        )}
      </div>
      {picture.legend.length === 0 ? null : (
        <ul className={styles.legend} aria-label={result.axes.colour?.label}>
          {picture.legend.map(({ label: text, fill }) => (
            <li key={text}>
              <span style={{ background: picture.fills[fill] }} /> {text}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

/** Never asked for: stands where a hook needs a key before there is a build. */
const NO_BUILD = { id: '', revision: '' } as Parameters<typeof buildTasksQuery>[0];

function wordsOfPoint(
  result: ExploreResult,
  point: number,
): { recipe?: string | undefined; task?: string | undefined } {
  const found: Record<string, string | undefined> = {};
  for (const role of ['x', 'y', 'colour', 'facet'] as const) {
    const axis = result.axes[role];
    const value = result.columns[role]?.[point];
    if (axis?.kind === 'category' && value != null) found[axis.id] = categoriesOf(result, axis)[value];
  }
  return { recipe: found.recipe, task: found.task };
}

function Values({ result, point }: { result: ExploreResult; point: number }) {
  const seen = new Set<string>();
  return (
    <table aria-label="Values of the point">
      <tbody>
        {(['x', 'y', 'size', 'colour', 'facet'] as const).map((role) => {
          const axis = result.axes[role];
          const column = result.columns[role];
          if (axis === null || column === null || seen.has(axis.id)) return null;
          seen.add(axis.id);
          const value = column[point] ?? null;
          return (
            <tr key={role}>
              <td className="muted">{axis.label}</td>
              <td className="num">
                {value === null
                  ? 'not recorded'
                  : axis.kind === 'category'
                    ? categoriesOf(result, axis)[value]
                    : axis.kind === 'time'
                      ? formatLocal(value)
                      : formatQuantity(value, axis.unit)}
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

/** Beside the point, on the side where there is room. */
function tipPlace(hit: Hit & { x: number; y: number }, picture: Picture): React.CSSProperties {
  const right = hit.x > picture.widthPx * 0.6;
  const low = hit.y > picture.heightPx * 0.6;
  return {
    ...(right ? { right: picture.widthPx - hit.x + 14 } : { left: hit.x + 14 }),
    ...(low ? { bottom: picture.heightPx - hit.y + 10 } : { top: hit.y + 10 }),
  };
}
