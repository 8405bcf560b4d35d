/**
 * Every row of the bench, in the order of the table. `server` looks at the large store that `queries` made, so it comes after it.
 */
import type { Row } from '../row.ts';
import { causes } from './causes.ts';
import { chart } from './chart.ts';
import { eventLog } from './event-log.ts';
import { ingest } from './ingest.ts';
import { pageWhilePushing } from './page-while-pushing.ts';
import { queries } from './queries.ts';
import { columns, compare, summary } from './read.ts';
import { reports } from './reports.ts';
import { search } from './search.ts';
import { serverStart } from './server.ts';
import { storing } from './store.ts';
import { triage } from './triage.ts';

export const rows: readonly Row[] = [
  summary,
  columns,
  compare,
  eventLog,
  storing,
  queries,
  reports,
  serverStart,
  ingest,
  pageWhilePushing,
  causes,
  triage,
  search,
  chart,
];
