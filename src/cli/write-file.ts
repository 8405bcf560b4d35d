import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { BakehouseError } from '../model/errors.ts';
import { formatBytes } from '../model/format.ts';
import type { CliIo } from './io.ts';

/** Writes the file and says so: on standard error for a person, on standard output as JSON where that was asked for. */
export function writeFile(io: CliIo, path: string, content: string | Uint8Array, json: boolean): void {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  try {
    writeFileSync(resolve(io.folder, path), bytes);
  } catch (cause) {
    const why = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    throw new BakehouseError('unavailable', `${path} cannot be written: ${why}.`, { file: path, cause });
  }
  if (json) io.out(`${JSON.stringify({ file: path, bytes: bytes.length })}\n`);
  else io.err(`${path}: ${formatBytes(bytes.length)}\n`);
}
