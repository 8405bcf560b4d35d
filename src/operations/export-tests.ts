/** All test cases of a build for other programs. */
import { testState } from '../model/test-run.ts';
import type { FileAnswer } from './answer.ts';
import type { OperationContext } from './context.ts';
import { csvLine, csvNumber, csvText, csvTime } from './csv.ts';
import { downloadName } from './file-name.ts';
import { noSuchBuild, resolveBuildId } from './resolve-build-id.ts';

export interface ExportTestsInput {
  readonly build: string;
  readonly format: 'csv' | 'json';
  readonly safe?: boolean;
}

const COLUMNS = ['run', 'type', 'machine', 'image', 'started', 'case', 'status', 'state'] as const;

/** GET /builds/{id}/tests.{csv,json} */
export async function exportTests({ store }: OperationContext, input: ExportTestsInput): Promise<FileAnswer> {
  const id = await resolveBuildId(store, input.build);
  const summary = await store.readSummary(id);
  if (summary === null) throw noSuchBuild(id);
  const { format, safe = true } = input;
  const lines: string[] = format === 'csv' ? [csvLine([...COLUMNS])] : [];
  for (const run of (await store.tests.runsOf(id)) ?? []) {
    for (const [name, status] of await store.tests.statusesOf(id, run.number)) {
      if (format === 'csv')
        lines.push(
          csvLine([
            ...[run.key, run.type, run.machine, run.image].map((text) => csvText(text, safe)),
            csvTime(run.startedMs),
            ...[name, status, testState(status)].map((text) => csvText(text, safe)),
          ]),
        );
      else
        lines.push(
          JSON.stringify({
            ...{ run: run.key, type: run.type, machine: run.machine, image: run.image, startedMs: run.startedMs },
            ...{ case: name, status, state: testState(status) },
          }),
        );
    }
  }
  const body = format === 'csv' ? lines.join('') : `[\n${lines.join(',\n')}\n]\n`;
  return {
    bytes: Buffer.from(body),
    mediaType: format === 'csv' ? 'text/csv; charset=utf-8; header=present' : 'application/json; charset=utf-8',
    fileName: downloadName(summary.name, 'tests', format),
    // Results come after the build: its revision says nothing of them.
    revision: `${summary.revision}-${csvNumber(lines.length)}`,
    finished: false,
  };
}
