/**
 * The release build: dist/web (the pages), then dist/server.mjs (controller with pages, migrations and sample build inside) and
 * dist/bakehouse.mjs (the command line, which loads server.mjs from beside it only for `serve`). Both run in an empty directory.
 */
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build as bundle } from 'tsdown';
import { build as buildWeb } from 'vite';

const root = resolve(import.meta.dirname, '..');
const dist = join(root, 'dist');

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  json: 'application/json; charset=utf-8',
  png: 'image/png',
  txt: 'text/plain; charset=utf-8',
};

function files(dir: string): Record<string, { type: string; gzipBase64: string }> {
  const found: Record<string, { type: string; gzipBase64: string }> = {};
  const visit = (path: string): void => {
    if (!existsSync(path)) return;
    if (statSync(path).isDirectory()) {
      for (const name of readdirSync(path).sort()) visit(join(path, name));
      return;
    }
    const type = TYPES[path.slice(path.lastIndexOf('.') + 1)] ?? 'application/octet-stream';
    found[relative(dir, path).replaceAll('\\', '/')] = {
      type,
      gzipBase64: gzipSync(readFileSync(path), { level: 9 }).toString('base64'),
    };
  };
  visit(dir);
  return found;
}

/** Sizes of what a browser fetches first: the entry script and style named by index.html and what they import statically. */
function firstLoadBytes(): number {
  const web = join(dist, 'web');
  const html = readFileSync(join(web, 'index.html'), 'utf8');
  const names = [...html.matchAll(/(?:src|href)="\/buildstats\/(assets\/[^"]+)"/g)].map((m) => m[1]!);
  return names.reduce((sum, name) => sum + gzipSync(readFileSync(join(web, name)), { level: 9 }).length, 0);
}

rmSync(dist, { recursive: true, force: true });
await buildWeb({ root: join(root, 'src/web'), configFile: join(root, 'vite.config.ts'), logLevel: 'warn' });

/**
 * The page that a report file is made of: the same pages as one script and one style inside one HTML, with marks where
 * operations/export-report.ts writes title and data.
 */
async function buildReportPage(): Promise<string> {
  const out = join(dist, 'report');
  await buildWeb({
    root: join(root, 'src/web'),
    configFile: join(root, 'vite.config.ts'),
    logLevel: 'warn',
    publicDir: false,
    build: {
      outDir: out,
      cssCodeSplit: false,
      chunkSizeWarningLimit: 2000,
      rolldownOptions: {
        input: join(root, 'src/web/main.tsx'),
        output: { codeSplitting: false, entryFileNames: 'report.js', assetFileNames: 'report[extname]' },
      },
    },
  });
  const css = readFileSync(join(out, 'report.css'), 'utf8').replaceAll('</style', '<\\/style');
  // The script element ends at the first `</script`, wherever it stands; `<!--` would begin a comment in it.
  const js = readFileSync(join(out, 'report.js'), 'utf8')
    .replaceAll('</script', '<\\/script')
    .replaceAll('<!--', '<\\!--');
  const scheme = readFileSync(join(root, 'src/web/public/scheme.js'), 'utf8');
  const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="Bakehouse">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:">
<title><!--report-title--></title>
<style>${css}</style>
<script>${scheme}</script>
</head>
<body>
<div id="page"></div>
<noscript>This report of Bakehouse draws itself with JavaScript.</noscript>
<script type="application/json" id="bakehouse-report"><!--report-data--></script>
<script type="module">${js}</script>
</body>
</html>
`;
  writeFileSync(join(out, 'report.html'), page);
  return page;
}

const reportPage = await buildReportPage();

const embeddedModule = join(root, 'src/server/embedded.ts');
const embedded = {
  web: files(join(dist, 'web')),
  sample: files(join(root, 'fixtures/sample')),
  report: { type: TYPES.html!, gzipBase64: gzipSync(reportPage, { level: 9 }).toString('base64') },
};

/**
 * The built-in modules, taken as objects. An `import` of one reads everything that it exports, and that opens stdout, loads streams, promises,
 * readline and the network: 20 ms of the command line's start of 40. In the server it makes `node:http` load the whole of fetch, WebSocket and
 * HTTP 2, in each of its threads.
 */
function withLighterBuiltins(code: string, absent: readonly string[]): string {
  return code.replace(
    /^import (?:([\w$]+)(?:, )?)?(?:\{([^}]*)\})? ?from ["'](node:[\w/]+)["'];$/gm,
    (_, whole: string | undefined, parts: string | undefined, module: string) => {
      const object = absent.includes(module) ? '{}' : `process.getBuiltinModule(${JSON.stringify(module)})`;
      const names = parts === undefined ? '' : `const {${parts.replaceAll(' as ', ': ')}} = ${object};`;
      return `${whole === undefined ? '' : `const ${whole} = ${object};`}${names}`;
    },
  );
}

/**
 * Each file's text stands in a getter: what is not called is not compiled, so neither the main thread nor the others make strings of
 * files that nobody asked for, and the compile cache holds none of them (bench row `server`).
 */
function embeddedCode(): string {
  const file = ({ type, gzipBase64 }: { type: string; gzipBase64: string }): string =>
    `{ type: ${JSON.stringify(type)}, get gzipBase64() { return ${JSON.stringify(gzipBase64)}; } }`;
  const folder = (list: Record<string, { type: string; gzipBase64: string }>): string =>
    `{ ${Object.entries(list)
      .map(([path, one]) => `${JSON.stringify(path)}: ${file(one)}`)
      .join(', ')} }`;
  return `export const embedded = { web: ${folder(embedded.web)}, sample: ${folder(embedded.sample)}, report: ${file(embedded.report)} };`;
}

for (const [name, entry] of [
  ['server', 'src/server/main.ts'],
  ['bakehouse', 'src/cli/main.ts'],
] as const) {
  await bundle({
    cwd: root,
    config: false,
    entry: { [name]: entry },
    outDir: dist,
    clean: false,
    dts: false,
    logLevel: 'error',
    format: 'esm',
    platform: 'node',
    target: 'node24',
    // Compiling is a tenth of a summary's time and goes by the byte.
    minify: { compress: true, mangle: false, codegen: true },
    // Everything inside, so that the file runs in an empty directory. pg's optional native client is never used.
    deps: { alwaysBundle: [/.*/], neverBundle: ['pg-native', 'pg-cloudflare'] },
    outputOptions: { codeSplitting: false, entryFileNames: '[name].mjs' },
    plugins: [
      {
        name: 'bakehouse-embedded',
        renderChunk(code: string) {
          // Only commander takes this one, for verbs that are programs of their own; there are none.
          return { code: withLighterBuiltins(code, name === 'bakehouse' ? ['node:child_process'] : []) };
        },
        load(id: string) {
          if (id !== embeddedModule) return null;
          return { code: embeddedCode(), moduleType: 'js' as const };
        },
        resolveId(source: string, importer: string | undefined) {
          // The command line is small because the controller stays in the file beside it.
          if (name === 'bakehouse' && importer !== undefined && /\/server\/(main|index)\.ts$/.test(source))
            return { id: './server.mjs', external: true };
          return null;
        },
      },
    ],
  });
}

/**
 * One character beyond Latin-1 makes the engine keep the whole text at two bytes a character, in the main thread and in every other
 * (measured: 3 MB each). Escapes mean the same in strings, templates and patterns; comments are gone.
 */
for (const name of ['server.mjs', 'bakehouse.mjs']) {
  const path = join(dist, name);
  const code = readFileSync(path, 'utf8');
  const ascii = code.replace(/[\u0080-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
  writeFileSync(path, ascii);
}

const kib = (bytes: number): string => `${(bytes / 1024).toFixed(0)} KiB`;
console.log(
  `server.mjs ${kib(statSync(join(dist, 'server.mjs')).size)}, bakehouse.mjs ${kib(statSync(join(dist, 'bakehouse.mjs')).size)}, ` +
    `first load of the pages ${kib(firstLoadBytes())} gzipped`,
);
