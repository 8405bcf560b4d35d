/** Every row of the bench, in the order of the table. */
import type { Row } from '../row.ts';
import { eventLog } from './event-log.ts';
import { queries } from './queries.ts';
import { columns, compare, summary } from './read.ts';
import { storing } from './store.ts';

export const rows: readonly Row[] = [summary, columns, compare, eventLog, storing, queries];
