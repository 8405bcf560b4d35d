/** A publication of the autobuilder: `testresults/<target>/`, in a folder or behind the address of the web server that shows it. */
import { readdirSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { BakehouseError } from '../../model/errors.ts';
import { TEST_RESULTS_BYTES_MAX } from '../../model/limits.ts';
import type { ProblemList } from '../../model/problem.ts';
import type { TestRun } from '../../model/test-run.ts';
import { nameOf, openSite, type Site, type SiteLimits } from './site.ts';
import { isTestResultsFile, readTestResults, readTestResultsFile } from './test-results-file.ts';

const FOLDER = 'testresults';
const RESULTS = 'testresults.json';

export interface PublishedTarget {
  readonly name: string;
  /** What openBuilds reads, and what it is called in messages: an address without the name and password in it. */
  readonly path: string;
  readonly location: string;
  /** A number that is another one when something came or changed in its folder; null: it has to be read to know that. */
  readonly state: () => Promise<number | null>;
  /** Throws BakehouseError for results that cannot be read. */
  readonly tests: (problems: ProblemList) => Promise<TestRun[]>;
}

export interface Publication {
  readonly name: string;
  readonly location: string;
  readonly targets: readonly PublishedTarget[];
  readonly close: () => void;
}

export interface PublicationOptions {
  readonly problems: ProblemList;
  readonly signal?: AbortSignal | undefined;
  readonly limits?: Partial<SiteLimits> | undefined;
}

/** `source`: of the publication or of its `testresults`. Throws `not-found` where there is none. */
export async function openPublication(source: string, options: PublicationOptions): Promise<Publication> {
  return /^https?:\/\//i.test(source) ? openAddress(source, options) : openFolder(source);
}

function openFolder(folder: string): Publication {
  const results = resultsFolder(folder);
  const targets = readdirSync(results, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }): PublishedTarget => {
      const path = join(results, name);
      const file = join(path, RESULTS);
      return {
        ...{ name, path, location: path, state: async () => null },
        tests: async (problems) => (isTestResultsFile(file) ? readTestResultsFile(file, problems, name) : []),
      };
    });
  return { name: basename(dirname(results)), location: dirname(results), targets: byName(targets), close: () => {} };
}

function resultsFolder(folder: string): string {
  for (const candidate of [join(folder, FOLDER), folder]) {
    try {
      if (basename(candidate) === FOLDER && statSync(candidate).isDirectory()) return realpathSync(candidate);
    } catch {
      // The next, or none of them: said below.
    }
  }
  throw none(folder);
}

async function openAddress(address: string, options: PublicationOptions): Promise<Publication> {
  const { site, start } = openSite(address, options.limits ?? {}, options);
  try {
    start.search = '';
    start.hash = '';
    if (!start.pathname.endsWith('/')) start.pathname += '/';
    const { folders } = await site.index(start);
    const inner = folders.find((folder) => nameOf(folder) === FOLDER);
    if (inner === undefined && nameOf(start) !== FOLDER) throw none(start.href);
    const results = inner ?? start;
    const above = new URL('..', results);
    const listed = inner === undefined ? folders : (await site.index(results)).folders;
    const targets = listed.map((folder) => targetAt(site, folder, new URL(address)));
    return { name: nameOf(above), location: above.href, targets: byName(targets), close: () => site.stop() };
  } catch (error) {
    site.stop();
    throw error;
  }
}

function targetAt(site: Site, folder: URL, named: URL): PublishedTarget {
  const name = nameOf(folder);
  const path = new URL(folder);
  path.username = named.username;
  path.password = named.password;
  let listing: ReturnType<Site['index']> | null = null;
  const index = () => {
    listing ??= site.index(folder);
    return listing;
  };
  return {
    ...{ name, path: path.href, location: folder.href },
    // With the dates and sizes that web servers print beside the names.
    state: async () => hashOf((await index()).html),
    async tests(problems) {
      const { files } = await index();
      const file = files.find((one) => nameOf(one) === RESULTS);
      if (file === undefined) return [];
      const source = new TextDecoder().decode(await site.bytes(file, TEST_RESULTS_BYTES_MAX));
      return readTestResults(source, { file: RESULTS, series: name }, problems);
    },
  };
}

function none(location: string): BakehouseError {
  return new BakehouseError('not-found', `${location} has no folder ${FOLDER}, in which the autobuilder publishes.`, {
    file: location,
  });
}

function byName(targets: readonly PublishedTarget[]): PublishedTarget[] {
  return [...targets].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

/** FNV-1a: of one folder it is compared with what the same folder was before, and with nothing else. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
