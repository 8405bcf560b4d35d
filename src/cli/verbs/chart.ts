/** `bakehouse chart`: the boot chart, drawn by the same code as the page draws it. */
import { extname } from 'node:path';
import type { SvgOptions } from '../../chart/svg.ts';
import { BakehouseError } from '../../model/errors.ts';
import { loadLibrary } from '../controller.ts';
import { EXIT_OK } from '../exit-codes.ts';
import type { CliIo } from '../io.ts';
import { flag, number, text } from '../options.ts';
import type { Options } from '../program.ts';
import { readBuild } from '../read-build.ts';
import { writeFile } from '../write-file.ts';

export async function chart(io: CliIo, args: readonly string[], options: Options): Promise<number> {
  const output = text(options, 'output');
  const kind = output === undefined ? '.svg' : extname(output).toLowerCase();
  if (kind !== '.svg' && kind !== '.html') {
    throw new BakehouseError('invalid', `A chart is written as .svg or .html, not "${output}".`);
  }
  const minSeconds = number(options, 'mintime') ?? 0;
  if (minSeconds < 0) throw new BakehouseError('invalid', '--mintime cannot be negative.');
  const width = number(options, 'width');
  if (width !== undefined && (width < 200 || width > 100_000)) {
    throw new BakehouseError('invalid', '--width is 200 to 100000 pixels.');
  }
  const build = await readBuild(io, options, args[0], { metrics: ['cputime'], samples: true });
  const { CHAIN_KINDS, chainOf, chartSvg, escapeXml, GROUP_BYS, NO_GRAPH } = await loadLibrary();
  const groupBy = GROUP_BYS.find((known) => known === text(options, 'groupBy'));
  const chainKind = CHAIN_KINDS.find((known) => known === text(options, 'chain'));
  const chain = chainKind === undefined ? null : chainOf(build, chainKind);
  if (chainKind !== undefined && chain === null) {
    throw new BakehouseError('not-found', `There is no chain of tasks to draw. ${NO_GRAPH}`);
  }
  const scheme = text(options, 'scheme');
  const drawing: SvgOptions = {
    minMs: minSeconds * 1000,
    chain,
    ...(width === undefined ? {} : { widthPx: width }),
    ...(groupBy === undefined ? {} : { groupBy }),
    ...(scheme === 'dark' || scheme === 'light' ? { scheme } : {}),
  };
  const svg = chartSvg(build, drawing);
  const content = kind === '.svg' ? svg : chartPage(escapeXml(build.name), svg, scheme === 'dark');
  if (output === undefined) io.out(content);
  else writeFile(io, output, content, flag(options, 'json'));
  return EXIT_OK;
}

/** `title` is escaped. The drawing in a page of its own that refers to nothing outside. The policy keeps it so whatever a recipe is called. */
function chartPage(title: string, svg: string, dark: boolean): string {
  const drawing = svg.replace(/^<\?xml[^>]*\?>\s*/, '');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title} – Bakehouse</title>
<style>body { margin: 0; background: ${dark ? '#14161a' : '#fff'}; } svg { display: block; margin: 0 auto; }</style>
</head>
<body>
${drawing}
</body>
</html>
`;
}
