import type { Build } from '../model/build.ts';
import {
  type EncodedColumn,
  encodeSampleTable,
  encodeTaskTable,
  type SampleTableHeader,
  type TaskTableHeader,
} from '../model/columns-body.ts';
import { TASK_OUTCOMES, type TaskOutcome } from '../model/task-table.ts';
import { compress } from './compression.ts';

/** What a build's blocks hold; kept as JSON beside the head, so that the blocks can be sent without being understood. */
export interface StoredContents {
  readonly table: TaskTableHeader;
  readonly taskOutcomes: Readonly<Partial<Record<TaskOutcome, number>>>;
  readonly samples: readonly {
    readonly header: SampleTableHeader;
    /** Byte lengths of the blocks of each column (the time axis first), which stand in one row of bytes. */
    readonly sizes: readonly (readonly number[])[];
  }[];
}

export interface EncodedBuild {
  readonly contents: StoredContents;
  readonly columns: readonly EncodedColumn[];
  readonly samples: readonly Uint8Array[];
}

export function encodeBuild(build: Build): EncodedBuild {
  const { header, columns } = encodeTaskTable(build.tasks, compress);
  const samples = build.samples.map((table) => encodeSampleTable(table, compress));
  return {
    contents: {
      table: header,
      taskOutcomes: countOutcomes(build.tasks.outcome),
      samples: samples.map((table) => ({
        header: table.header,
        sizes: table.columns.map(({ blocks }) => blocks.map((block) => block.length)),
      })),
    },
    columns,
    samples: samples.map((table) => Buffer.concat(table.columns.flatMap(({ blocks }) => blocks))),
  };
}

/** The columns of a sample table in its row of bytes. */
export function cutSamples(stored: StoredContents['samples'][number], bytes: Uint8Array): EncodedColumn[] {
  let at = 0;
  return stored.sizes.map((sizes, i) => ({
    id: i === 0 ? '@time' : stored.header.series[i - 1]!.id,
    blocks: sizes.map((size) => {
      const from = at;
      at += size;
      return bytes.subarray(from, at);
    }),
  }));
}

function countOutcomes(outcome: Uint8Array): Partial<Record<TaskOutcome, number>> {
  const counts: Partial<Record<TaskOutcome, number>> = {};
  for (const o of outcome) {
    const name = TASK_OUTCOMES[o]!;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}
