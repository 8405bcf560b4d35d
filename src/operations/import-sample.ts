import { lstat, mkdir, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BakehouseError } from '../model/errors.ts';
import type { OperationContext } from './context.ts';
import { importPath } from './import-path.ts';

export interface SampleImported {
  /** The newest of them. */
  readonly id: string;
  readonly ids: readonly string[];
  readonly changed: boolean;
}

/**
 * The same folder each time, because where a build was read is part of it: a second import changes nothing. It is ours alone: another
 * user's folder or link of that name is refused.
 */
async function sampleFolder(): Promise<string> {
  const uid = process.getuid?.() ?? 0;
  const folder = join(tmpdir(), `bakehouse-sample-${uid}`);
  await mkdir(folder, { mode: 0o700, recursive: true });
  const info = await lstat(folder);
  if (!info.isDirectory() || (process.getuid !== undefined && info.uid !== uid))
    throw new BakehouseError('forbidden', `${folder} belongs to somebody else; the sample is not unpacked there.`);
  return folder;
}

/** Puts the sample builds that Bakehouse brings into the store, by the road of any other build: unpacked, opened, saved. */
export async function importSample(context: OperationContext, _input: object): Promise<SampleImported> {
  if (context.sample === null)
    throw new BakehouseError('unavailable', 'This copy of Bakehouse has no sample build in it.');
  const folder = await sampleFolder();
  try {
    await context.sample.unpackTo(folder);
    const saved = [];
    for (const name of (await readdir(folder)).sort()) {
      const { builds } = await importPath(context, { path: join(folder, name) });
      saved.push(...builds);
    }
    const ids = saved.map((build) => build.id);
    const summaries = await Promise.all(ids.map((id) => context.store.readSummary(id)));
    const [newest] = summaries
      .filter((summary) => summary !== null)
      .sort((a, b) => (b.startedMs ?? 0) - (a.startedMs ?? 0));
    if (newest === undefined) throw new BakehouseError('unreadable', 'There is no build in the sample.');
    return { id: newest.id, ids, changed: saved.some((build) => build.changed) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
