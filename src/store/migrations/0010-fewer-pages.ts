import type { Migration } from './index.ts';

/**
 * What a build costs must not grow with what is stored. An index of totals by metric has a page of its own for each metric once some hundred builds
 * are there, and each build changed all of them: 21 of the 124 pages of a build of 1,000 tasks, for a question that is asked of metrics that nobody
 * knows (column-blocks.ts: isSeen), and is answered by a walk over builds as well.
 */
export const fewerPages: Migration = {
  name: 'fewer pages a build',
  statements: () => ['drop index metric_totals_by_metric'],
};
