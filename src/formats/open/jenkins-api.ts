/** Jenkins' builds through its remote access API: of every job below the address, folders included, those after where the last run stood. */
import { BakehouseError } from '../../model/errors.ts';
import type { FarmBuild } from '../../model/farm-build.ts';
import {
  FARM_ANSWER_BYTES_MAX,
  FARM_BUILDS_MAX,
  FARM_JOBS_MAX,
  FARM_OPEN_MAX,
  FARM_PAGE_BUILDS,
} from '../../model/limits.ts';
import {
  isPipelineBuild,
  JENKINS_BUILD_TREE,
  jenkinsKey,
  jobOfUrl,
  listOf,
  readJenkinsBuild,
} from '../jenkins/reader.ts';
import { countOf, type Fields, get, isFields, textOf } from '../record/fields.ts';
import type { FarmOptions, FarmPage } from './buildbot-api.ts';
import { openSite, type Site } from './site.ts';

const CONCURRENCY = 4;
/** Folders in folders; nobody has more than three. */
const DEPTH_MAX = 6;

/** Entries of a list that are asked for twice, at the seam of two pages: builds that are deleted meanwhile move the rest up. */
const OVERLAP = 5;

export async function* readJenkins(address: string, options: FarmOptions): AsyncGenerator<FarmPage> {
  const { site, start } = openSite(address, { concurrency: CONCURRENCY, ...options.limits }, options);
  start.hash = '';
  start.search = '';
  start.pathname = `${start.pathname.replace(/\/+$/, '').replace(/\/api\/json$/, '')}/`;
  const reader = new Reader(site, start, options);
  try {
    let left = options.buildsMax ?? FARM_BUILDS_MAX;
    for (const job of await reader.jobs()) {
      // One job that cannot be read keeps the others from nothing.
      const pages = reader.buildsOf(job, left);
      for (;;) {
        const page = await reader.attempt(job.path, () => pages.next());
        if (page === null || page.done === true) break;
        left -= page.value.builds.length;
        yield page.value;
      }
      if (left <= 0) return;
    }
  } finally {
    site.stop();
  }
}

/** Path of Jenkins itself, whichever of its folders, jobs or views was named; ends in a slash. */
export function jenkinsRoot(pathname: string): string {
  const inner = /\/(?:job|view|api)\//.exec(`${pathname}/`);
  return `${(inner === null ? pathname : pathname.slice(0, inner.index)).replace(/\/+$/, '')}/`;
}

interface Job {
  /** Below the address, ending in a slash. */
  readonly path: string;
  /** Number of its newest build, 0 where it has none; null: not told yet. */
  readonly newest: number | null;
}

class Reader {
  readonly #site: Site;
  readonly #base: URL;
  readonly #options: FarmOptions;
  /** The stage view is a plug-in. Null: not known yet; where it answered once, a build that it does not know is one that was deleted meanwhile. */
  #hasStages: boolean | null = null;

  constructor(site: Site, base: URL, options: FarmOptions) {
    this.#site = site;
    this.#base = base;
    this.#options = options;
  }

  /** Null where this one thing cannot be read, which is said. Bounds and aborts end everything. */
  async attempt<T>(path: string, read: () => Promise<T>): Promise<T | null> {
    try {
      return await read();
    } catch (cause) {
      this.#options.signal?.throwIfAborted();
      if (path === '' || this.#site.exhausted || !(cause instanceof BakehouseError)) throw cause;
      this.#options.problems.add('error', 'job-unreadable', cause.message, jobOfUrl(`/${path}`) ?? path);
      return null;
    }
  }

  /** Jobs below the address. A folder tells of its jobs whether they are folders and which build is their newest, so only folders are asked. */
  async jobs(): Promise<Job[]> {
    const jobs: Job[] = [];
    const folders: { path: string; depth: number }[] = [{ path: '', depth: 0 }];
    for (let folder = folders.shift(); folder !== undefined; folder = folders.shift()) {
      const { path, depth } = folder;
      const own = 'allBuilds[number]{0,1},jobs[name]';
      const url = new URL(`${path}api/json?tree=${own.replace('name', `name,${own}`)}`, this.#base);
      const answer = await this.attempt(path, () => this.#ask(url));
      if (answer === null) continue;
      const newest = newestOf(answer);
      // A multi-branch job has both jobs and none of its own builds.
      if (newest !== null) jobs.push({ path, newest });
      if (depth >= DEPTH_MAX) continue;
      for (const inner of listOf(get(answer, 'jobs'))) {
        const name = textOf(get(inner, 'name'))?.toWellFormed() ?? null;
        if (name === null || name === '' || name === '.' || name === '..') continue;
        if (jobs.length + folders.length >= FARM_JOBS_MAX) {
          this.#options.problems.add(
            'warning',
            'too-many-jobs',
            `There are more than ${FARM_JOBS_MAX} jobs; name a folder of them.`,
          );
          return jobs;
        }
        const below = `${path}job/${encodeURIComponent(name)}/`;
        const newestOfIt = newestOf(inner);
        if (newestOfIt !== null && !Array.isArray(get(inner, 'jobs'))) jobs.push({ path: below, newest: newestOfIt });
        else folders.push({ path: below, depth: depth + 1 });
      }
    }
    return jobs;
  }

  /** Jenkins lists the newest first, and a mirror goes on from the oldest it has not got. */
  async *buildsOf({ path, newest }: Job, buildsMax: number): AsyncGenerator<FarmPage> {
    const options = this.#options;
    const url = new URL(path, this.#base);
    const job = jobOfUrl(url.pathname);
    if (job === null) return;
    const position = await options.positionOf(job);
    const open = new Set(position?.open ?? []);
    const after = position?.after ?? 0;
    if (newest !== null && newest <= after && open.size === 0) return;
    const oldest = Math.min(after, ...[...open].map((number) => number - 1));
    const found = new Map<number, Fields>();
    for (let from = 0; ; from += FARM_PAGE_BUILDS - OVERLAP) {
      if (from >= FARM_BUILDS_MAX) {
        options.problems.add('warning', 'too-many-builds', `Of its builds the newest ${from} are read.`, job);
        break;
      }
      const tree = `allBuilds[${JENKINS_BUILD_TREE}]{${from},${from + FARM_PAGE_BUILDS}}`;
      const builds = listOf(get(await this.#ask(new URL(`api/json?tree=${tree}`, url)), 'allBuilds'));
      for (const build of builds) {
        const number = countOf(get(build, 'number')) ?? 0;
        if (number > after || open.has(number)) found.set(number, build);
      }
      const last = countOf(get(builds.at(-1) ?? {}, 'number')) ?? 0;
      if (builds.length < FARM_PAGE_BUILDS || last <= oldest) break;
    }
    // One that is gone from the job is waited for no longer.
    const gone = [...open].filter((number) => !found.has(number));
    for (const number of gone) open.delete(number);
    const wanted = [...found].sort(([a], [b]) => a - b).map(([, build]) => build);
    const some = wanted.slice(0, buildsMax);
    let reached = after;
    for (let at = 0; at === 0 || at < some.length; at += FARM_PAGE_BUILDS) {
      const builds = await this.#builds(job, path, some.slice(at, at + FARM_PAGE_BUILDS));
      for (const { key, running } of builds) {
        const number = Number(key.slice(key.lastIndexOf('#') + 1));
        reached = Math.max(reached, number);
        if (running && open.size < FARM_OPEN_MAX) open.add(number);
        else open.delete(number);
      }
      const more = some.length < wanted.length && at + FARM_PAGE_BUILDS >= some.length;
      yield {
        ...{ part: job, builds, position: { after: reached, open: [...open] }, more },
        gone: at > 0 ? [] : gone.map((number) => jenkinsKey(job, number)),
      };
    }
  }

  async #builds(job: string, path: string, answers: readonly Fields[]): Promise<FarmBuild[]> {
    const { address, nowMs } = this.#options;
    // The address is where people find what is read here: Jenkins itself or one of its folders, as the other was.
    const page = address == null ? new URL(path, this.#base).href : new URL(path, address.replace(/\/*$/, '/')).href;
    const builds = await this.#site.each(answers, async (build) =>
      readJenkinsBuild({ job, page, build, stages: await this.#stagesOf(path, build), nowMs }),
    );
    return builds.filter((build) => build !== null);
  }

  /** A build without its stages is still a build. */
  async #stagesOf(path: string, build: Fields): Promise<Fields[] | null> {
    const number = countOf(get(build, 'number'));
    if (this.#hasStages === false || number === null || !isPipelineBuild(build)) return null;
    try {
      const answer = await this.#ask(new URL(`${path}${number}/wfapi/describe`, this.#base));
      this.#hasStages = true;
      return listOf(get(answer, 'stages'));
    } catch (cause) {
      this.#options.signal?.throwIfAborted();
      if (this.#site.exhausted || !(cause instanceof BakehouseError)) throw cause;
      if (cause.code === 'not-found') this.#hasStages ??= false;
      else this.#options.problems.add('warning', 'stages-unreadable', cause.message, `${path}${number}`);
      return null;
    }
  }

  async #ask(url: URL): Promise<Fields> {
    const bytes = await this.#site.bytes(url, FARM_ANSWER_BYTES_MAX);
    try {
      const answer: unknown = JSON.parse(new TextDecoder().decode(bytes));
      if (isFields(answer)) return answer;
    } catch {
      // A page of something else: said below.
    }
    throw new BakehouseError('unreadable', `${url.origin}${url.pathname} answers no JSON object: this is no Jenkins.`);
  }
}

/** Of what has builds of its own; null: a folder, or not told. */
function newestOf(answer: Fields): number | null {
  const builds = get(answer, 'allBuilds');
  return Array.isArray(builds) ? (countOf(get(listOf(builds)[0] ?? {}, 'number')) ?? 0) : null;
}
