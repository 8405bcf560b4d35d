/**
 * A build or a comparison as one self-contained HTML file, to attach to a CI run or a mail: the pages themselves, with the answers they would ask
 * the server for written into the file (src/web/report). 10,000 tasks with all metrics make about 2 MB.
 */
import { BakehouseError } from '../model/errors.ts';
import type { FileAnswer } from './answer.ts';
import type { OperationContext } from './context.ts';
import { downloadName } from './file-name.ts';
import { readColumns } from './read-columns.ts';
import { readGraph } from './read-graph.ts';
import { readSamples } from './read-samples.ts';
import { showBuild } from './show-build.ts';

/** Twenty builds of 10,000 tasks are 25 MB: more than anybody attaches. */
export const REPORT_BUILDS_MAX = 20;

/** Where scripts/build.ts left room in the page for its title and its data. */
const TITLE_MARK = '<!--report-title-->';
const DATA_MARK = '<!--report-data-->';

export interface ExportReportInput {
  /** One: that build. More: their comparison, the first is the base. */
  readonly builds: readonly string[];
}

type HeldAnswer = { readonly json: unknown } | { readonly base64: string };

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

export async function exportReport(context: OperationContext, input: ExportReportInput): Promise<FileAnswer> {
  if (context.reportTemplate === null) {
    throw new BakehouseError(
      'unavailable',
      'This copy of Bakehouse was built without the report page (npm run build makes it).',
    );
  }
  const { builds } = input;
  if (builds.length === 0 || builds.length > REPORT_BUILDS_MAX) {
    throw new BakehouseError(
      'invalid',
      `A report is of 1 to ${REPORT_BUILDS_MAX} builds; ${builds.length} were given.`,
    );
  }
  const answers: Record<string, HeldAnswer> = {};
  const details = [];
  for (const build of builds) {
    const detail = await showBuild(context, { build });
    const { id } = detail;
    // What the file does not hold must not be offered in it.
    const access = { ...detail.access, owner: null, mayChange: false };
    const held = {
      ...detail,
      access,
      logsAvailable: false,
      previousId: null,
      nextId: null,
      usual: { ...detail.usual },
    };
    details.push(held);
    answers[`/builds/${id}`] = { json: held };
    const columns = await readColumns(context, { build: id, metrics: '*' });
    answers[`/builds/${id}/columns`] = { base64: Buffer.from(columns.bytes).toString('base64') };
    if (detail.hasGraph) {
      const graph = await readGraph(context, { build: id });
      answers[`/builds/${id}/graph`] = { base64: Buffer.from(graph.bytes).toString('base64') };
    }
    const samples = await readSamples(context, { build: id });
    answers[`/builds/${id}/samples`] = { base64: Buffer.from(samples.bytes).toString('base64') };
  }
  const ids = details.map(({ id }) => id);
  const start = ids.length === 1 ? `/b/${ids[0]}` : `/compare?${ids.map((id) => `b=${id}`).join('&')}`;
  const names = details.map((build) =>
    [build.targets?.join(' '), build.machine, build.name].filter(Boolean).join(' · '),
  );
  const title = names.join(' against ');
  // `<` is the only character that can end a script element or open a comment in it.
  const data = JSON.stringify({ start, answers }).replaceAll('<', '\\u003c');
  const template = await context.reportTemplate();
  const [before, middle, after] = splitTemplate(template);
  return {
    bytes: new TextEncoder().encode(before + escapeHtml(title) + middle + data + after),
    mediaType: 'text/html; charset=utf-8',
    fileName: downloadName(
      details.map(({ name }) => name).join('-vs-'),
      details.length === 1 ? 'report' : 'comparison',
      'html',
    ),
    revision: details.map(({ revision }) => revision).join('-'),
    finished: details.every(({ outcome }) => outcome !== 'running'),
  };
}

function splitTemplate(template: string): [string, string, string] {
  const title = template.indexOf(TITLE_MARK);
  const data = template.indexOf(DATA_MARK);
  if (title < 0 || data < title) throw new Error('The report page has lost its marks.');
  return [
    template.slice(0, title),
    template.slice(title + TITLE_MARK.length, data),
    template.slice(data + DATA_MARK.length),
  ];
}
