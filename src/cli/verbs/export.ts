/** `bakehouse export`: the same files that the page offers for download. */
import { extname } from 'node:path';
import type { Build } from '../../model/build.ts';
import { BakehouseError } from '../../model/errors.ts';
import { VERSION } from '../../server/version.ts';
import { loadLibrary } from '../controller.ts';
import { EXIT_OK } from '../exit-codes.ts';
import type { CliIo } from '../io.ts';
import { flag, text } from '../options.ts';
import type { Options } from '../program.ts';
import { readBuild } from '../read-build.ts';
import { writeFile } from '../write-file.ts';

export const EXPORT_FORMATS = ['csv', 'json', 'parquet', 'trace', 'samples', 'html'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

export async function exportBuild(io: CliIo, args: readonly string[], options: Options): Promise<number> {
  const output = text(options, 'output');
  const format = formatOf(text(options, 'format'), output);
  if (output === undefined && format === 'parquet' && io.outIsTerminal) {
    throw new BakehouseError('invalid', 'Parquet is no text for a terminal: name a file with -o.');
  }
  const build = await readBuild(io, options, args[0], {
    metrics: format === 'samples' ? [] : null,
    samples: format === 'trace' || format === 'samples' || format === 'html',
  });
  const content = await contentOf(build, format);
  if (output === undefined) io.out(content);
  else writeFile(io, output, content, flag(options, 'json'));
  return EXIT_OK;
}

/** As said, else what the file's name ends in. */
function formatOf(said: string | undefined, output: string | undefined): ExportFormat {
  const word = said ?? (output === undefined ? '' : extname(output).slice(1).toLowerCase());
  const format = EXPORT_FORMATS.find((known) => known === word);
  if (format === undefined) {
    throw new BakehouseError(
      'invalid',
      `Say what to write with --format (${EXPORT_FORMATS.join(', ')})${word === '' ? '' : `; "${word}" is none of them`}.`,
    );
  }
  return format;
}

async function contentOf(build: Build, format: ExportFormat): Promise<string | Uint8Array> {
  const { samplesCsv, tasksFile, traceFile } = await loadLibrary();
  switch (format) {
    case 'trace':
      return traceFile(build);
    case 'samples':
      return samplesCsv(build);
    case 'html':
      return (await import('../report.ts')).reportFile([build], VERSION);
    default:
      return tasksFile(build, format).bytes;
  }
}
