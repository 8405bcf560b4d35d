/** The sample builds that Bakehouse brings: fixtures/sample of a checkout, or the same inside the release bundle. */
import { existsSync } from 'node:fs';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import type { SampleSource } from '../operations/context.ts';
import { embedded } from './embedded.ts';

function checkoutFolder(): string | null {
  const here = import.meta.url;
  if (!here.endsWith('/src/server/sample.ts')) return null;
  const folder = fileURLToPath(new URL('../../fixtures/sample', here));
  return existsSync(folder) ? folder : null;
}

export function sampleSource(): SampleSource | null {
  if (embedded !== null) {
    const files = embedded.sample;
    if (Object.keys(files).length === 0) return null;
    return {
      async unpackTo(folder) {
        // Names come from our own build script, not from outside.
        for (const [path, file] of Object.entries(files)) {
          const target = join(folder, path);
          await mkdir(dirname(target), { recursive: true });
          await writeFile(target, gunzipSync(Buffer.from(file.gzipBase64, 'base64')));
        }
      },
    };
  }
  const folder = checkoutFolder();
  return folder === null ? null : { unpackTo: (target) => cp(folder, target, { recursive: true }) };
}
