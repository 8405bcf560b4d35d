/** Logs that came within an account of a build (an error report holds those of its failures): kept as blobs, and asked why it failed. */
import { findCause } from '../analysis/cause-line.ts';
import type { InnerLogs } from '../formats/open/index.ts';
import type { Build } from '../model/build.ts';
import type { BlobStore } from '../store/blobs/index.ts';
import type { Store } from '../store/store.ts';

/** Makes those logs durable that the build names. They belong to it once it is saved with them. */
export async function keepLogs(
  store: Store,
  blobs: BlobStore,
  build: Build,
  logs: InnerLogs,
  limits: { readonly bytesMax: number; readonly nowMs: number },
): Promise<void> {
  for (const blob of new Set(build.logs.map((log) => log.blob))) {
    const bytes = logs.get(blob);
    if (bytes === undefined) continue;
    const size = await blobs.put(blob, [bytes], limits.bytesMax);
    await store.blobIndex.noteBlob(blob, size, limits.nowMs);
  }
}

/** The build with the line that says why for each failure of which no source said it and whose log is here. */
export function withCausesOf(build: Build, logs: InnerLogs): Build {
  const failures = build.failures.map((failure) => {
    if (failure.cause !== null) return failure;
    const log = build.logs.find(
      ({ kind, row, pf, task }) =>
        kind === 'failure' && (failure.row === null ? pf === failure.pf && task === failure.task : row === failure.row),
    );
    const bytes = log === undefined ? undefined : logs.get(log.blob);
    const found = bytes === undefined ? null : findCause(new TextDecoder().decode(bytes));
    return found === null ? failure : { ...failure, cause: found.text };
  });
  return { ...build, failures };
}
