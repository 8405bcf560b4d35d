/** Columns of a build as they travel: asked for by revision, so a finished build comes from the browser's cache the second time. */
import { queryOptions } from '@tanstack/react-query';
import { decompress } from 'fzstd';
import type { BuildDetail } from '../../api/contract.ts';
import { decodeColumns, decodeSamples } from '../../model/columns-body.ts';
import { decodeGraph } from '../../model/columns-graph.ts';
import type { SampleTable } from '../../model/samples.ts';
import type { TaskGraph, TaskTable } from '../../model/task-table.ts';
import { client } from './api.ts';

const unpack = (bytes: Uint8Array, rawLength: number): Uint8Array => decompress(bytes, new Uint8Array(rawLength));

/**
 * A task table and the build whose recipes its numbers point into. They stay together: of a running build the last pair is on screen
 * while the next table comes, and a number never stands beside another recipe's name.
 */
export interface BuildTasks {
  readonly build: BuildDetail;
  readonly tasks: TaskTable;
}

/** `*`: every metric. */
export const buildTasksQuery = (build: BuildDetail, metrics: readonly string[] | '*') =>
  queryOptions({
    queryKey: ['columns', build.id, build.revision, metrics] as const,
    queryFn: async ({ signal }): Promise<BuildTasks> => ({
      build,
      tasks: decodeColumns(await client.columns(build.id, metrics, build.revision, signal), unpack),
    }),
    staleTime: Number.POSITIVE_INFINITY,
    placeholderData: (previous, query) => (query?.queryKey[1] === build.id ? previous : undefined),
    structuralSharing: false,
  });

export const samplesQuery = (build: Pick<BuildDetail, 'id' | 'revision'>) =>
  queryOptions({
    queryKey: ['samples', build.id, build.revision] as const,
    queryFn: async ({ signal }): Promise<SampleTable[]> =>
      decodeSamples(await client.samples(build.id, build.revision, signal), unpack),
    staleTime: Number.POSITIVE_INFINITY,
    placeholderData: (previous, query) => (query?.queryKey[1] === build.id ? previous : undefined),
    structuralSharing: false,
  });

/** Which run needs which. Only of a build that `hasGraph`. */
export const graphQuery = (build: Pick<BuildDetail, 'id' | 'revision'>) =>
  queryOptions({
    queryKey: ['graph', build.id, build.revision] as const,
    queryFn: async ({ signal }): Promise<TaskGraph> =>
      decodeGraph(await client.graph(build.id, build.revision, signal), unpack),
    staleTime: Number.POSITIVE_INFINITY,
    structuralSharing: false,
  });
