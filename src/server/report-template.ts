/** The page that a report file is made of: dist/report of a checkout, or the same inside the release bundle. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { embedded } from './embedded.ts';

export function reportTemplate(): (() => Promise<string>) | null {
  if (embedded !== null) {
    const file = embedded.report;
    return async () => gunzipSync(Buffer.from(file.gzipBase64, 'base64')).toString('utf8');
  }
  const here = import.meta.url;
  if (!here.endsWith('/src/server/report-template.ts')) return null;
  const path = fileURLToPath(new URL('../../dist/report/report.html', here));
  return existsSync(path) ? () => readFile(path, 'utf8') : null;
}
