/** A build as Chrome trace events, for Perfetto, speedscope and chrome://tracing (rules: src/chart/trace-event.ts). */
import { type TraceBuild, traceEvents } from '../chart/trace-event.ts';
import type { FileAnswer } from './answer.ts';
import type { OperationContext } from './context.ts';
import { downloadName } from './file-name.ts';
import { graphOfBuild } from './graph-of-build.ts';
import { noSuchBuild, resolveBuildId } from './resolve-build-id.ts';

/** GET /builds/{id}/trace.json, `bakehouse export --trace`. */
export async function exportTrace({ store }: OperationContext, input: { readonly build: string }): Promise<FileAnswer> {
  const id = await resolveBuildId(store, input.build);
  const head = await store.readHead(id);
  const tasks = await store.readTaskTable(id, '*');
  const samples = await store.readSamples(id);
  if (head === null || tasks === null || samples === null) throw noSuchBuild(id);
  const graph = await graphOfBuild(store, id, head, tasks);
  return {
    bytes: traceFile({ ...head, tasks, samples, graph }),
    mediaType: 'application/json; charset=utf-8',
    fileName: downloadName(head.name, 'trace', 'json'),
    revision: head.revision,
    finished: head.outcome !== 'running',
  };
}

/**
 * The same for a build that is not stored: UTF-8 JSON. Pieces become bytes one by one: as one string a build of 100,000
 * tasks would be held twice, at two bytes a character.
 */
export function traceFile(build: TraceBuild): Uint8Array {
  const pieces: Buffer[] = [];
  for (const piece of traceEvents(build)) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}
