/**
 * Builds behind an http(s) address: a directory index as web servers print it (the autobuilder's `testresults/<target>/buildstats/`),
 * or a tar.
 *
 * The address that was given is the fence: only links of the same origin and below its path are asked for, redirects included, and
 * everything is counted: files, bytes, time.
 */
import type { Build } from '../../model/build.ts';
import { BakehouseError } from '../../model/errors.ts';
import { BUILD_STATS_BYTES_MAX, SAMPLE_FILE_BYTES_MAX, TASK_FILE_BYTES_MAX } from '../../model/limits.ts';
import { percentDecoded } from '../../model/percent-decoded.ts';
import type { ProblemList } from '../../model/problem.ts';
import { isBitbakeBuildName } from '../buildstats/build-stats-file.ts';
import { BuildstatsReader } from '../buildstats/buildstats-reader.ts';
import { isTar } from './find-builds.ts';
import type { OpenOptions } from './open-builds.ts';
import { type Links, nameOf, openSite, type Site, type SiteLimits } from './site.ts';
import { readTar } from './tar.ts';

/** testresults -> target -> buildstats -> `<target>-<machine>` -> BUILDNAME -> recipe. */
const DEPTH_MAX = 6;

type ListingOptions = OpenOptions & {
  readonly problems: ProblemList;
  readonly nowMs: number;
  readonly limits?: Partial<SiteLimits>;
};

/** The builds of a listing. Throws BakehouseError when the address itself does not answer or holds no build. */
export async function* openListing(address: string, options: ListingOptions): AsyncGenerator<Build> {
  const { site, start } = openSite(address, options.limits ?? {}, options);
  try {
    if (isTar(start.pathname)) {
      yield* await readTar(await site.stream(start), start.href, options);
      return;
    }
    if (!start.pathname.endsWith('/')) start.pathname += '/';
    let count = 0;
    for await (const builds of walk(site, start, 0, options)) {
      count += builds.length;
      options.onProgress?.({ done: count, total: count });
      yield* builds;
    }
    if (count === 0) {
      throw new BakehouseError('not-found', `${start.href} lists no build: neither a build_stats nor a tar.`);
    }
  } finally {
    site.stop();
  }
}

async function* walk(site: Site, url: URL, depth: number, options: ListingOptions): AsyncGenerator<Build[]> {
  const links = depth === 0 ? await site.index(url) : await attempt(site, url, options, () => site.index(url));
  if (links === null) return;
  if (links.files.some((file) => nameOf(file) === 'build_stats')) {
    const build = await attempt(site, url, options, () => readBuild(site, url, links, options));
    if (build !== null) yield build;
    return;
  }
  let found = false;
  if (depth < DEPTH_MAX) {
    // A build folder or a tmp that is published whole: the one folder that matters.
    const buildstats = links.folders.filter((folder) => nameOf(folder) === 'buildstats');
    for (const folder of buildstats.length > 0 ? buildstats : links.folders) {
      for await (const builds of walk(site, folder, depth + 1, options)) {
        if (builds.length > 0) found = true;
        yield builds;
      }
    }
  }
  if (found) return;
  for (const file of links.files) {
    if (!isTar(file.pathname)) continue;
    const builds = await attempt(site, file, options, async () => readTar(await site.stream(file), file.href, options));
    if (builds !== null) yield builds;
  }
}

/** One page or build; its failure is a problem, the others go on. Bounds and aborts end everything. */
async function attempt<T>(site: Site, url: URL, options: ListingOptions, read: () => Promise<T>): Promise<T | null> {
  try {
    return await read();
  } catch (cause) {
    if (options.signal?.aborted) throw options.signal.reason;
    if (site.exhausted || !(cause instanceof BakehouseError)) throw cause;
    options.problems.add('error', 'build-unreadable', cause.message, url.href);
    return null;
  }
}

async function readBuild(site: Site, url: URL, links: Links, options: ListingOptions): Promise<Build[]> {
  const parts = url.pathname
    .split('/')
    .filter((part) => part !== '')
    .map(percentDecoded);
  const name = parts.at(-1) ?? url.host;
  const above = parts.at(-2);
  const reader = new BuildstatsReader({
    name,
    location: url.href,
    folder: parts.at(-3) === 'buildstats' && above !== undefined && isBitbakeBuildName(name) ? above : null,
    nowMs: options.nowMs,
    metrics: options.metrics,
    samples: options.samples,
  });
  const files: { file: string; url: URL; bytesMax: number }[] = [];
  const want = (file: string, from: URL) => {
    const last = file.slice(file.lastIndexOf('/') + 1);
    if (file === 'build_stats') files.push({ file, url: from, bytesMax: BUILD_STATS_BYTES_MAX });
    else if (last.endsWith('.log')) {
      if (reader.wantsSamples && !last.startsWith('host_stats')) {
        files.push({ file, url: from, bytesMax: SAMPLE_FILE_BYTES_MAX });
      }
    } else if (reader.isTask(last) && file.includes('/'))
      files.push({ file, url: from, bytesMax: TASK_FILE_BYTES_MAX });
    else reader.noteOther(file);
  };
  for (const link of links.files) want(nameOf(link), link);
  const folders = await site.each(links.folders, async (folder) => {
    try {
      return { folder, links: await site.index(folder) };
    } catch (cause) {
      return { folder, failure: problemOf(cause, site) };
    }
  });
  for (const result of folders) {
    const folder = nameOf(result.folder);
    if (result.links === undefined) reader.problems.add('warning', 'directory-unreadable', result.failure, folder);
    else for (const link of result.links.files) want(`${folder}/${nameOf(link)}`, link);
  }
  let done = 0;
  await site.each(files, async ({ file, url: from, bytesMax }) => {
    try {
      reader.addFile(file, await site.bytes(from, bytesMax));
    } catch (cause) {
      reader.problems.add('warning', 'file-unreadable', problemOf(cause, site), file);
    }
    done++;
    if (done % 100 === 0) options.onProgress?.({ done, total: files.length });
  });
  return reader.finishAll();
}

function problemOf(cause: unknown, site: Site): string {
  if (site.exhausted || !(cause instanceof BakehouseError)) throw cause;
  return cause.message;
}
