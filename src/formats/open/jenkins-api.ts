/** Jenkins' builds through its remote access API: of every job below the address, folders included, those after where the last run stood. */
import { BakehouseError } from '../../model/errors.ts';
import {
  FARM_ANSWER_BYTES_MAX,
  FARM_BUILDS_MAX,
  FARM_JOBS_MAX,
  FARM_OPEN_MAX,
  FARM_PAGE_BUILDS,
} from '../../model/limits.ts';
import { JENKINS_BUILD_TREE, jobOfUrl, listOf, readJenkinsBuild } from '../jenkins/reader.ts';
import { countOf, type Fields, get, isFields, textOf } from '../record/fields.ts';
import type { FarmOptions, FarmPage } from './buildbot-api.ts';
import { openSite, type Site } from './site.ts';

const CONCURRENCY = 4;
/** Folders in folders; nobody has more than three. */
const DEPTH_MAX = 6;

export async function* readJenkins(address: string, options: FarmOptions): AsyncGenerator<FarmPage> {
  const { site, start } = openSite(address, { concurrency: CONCURRENCY, ...options.limits }, options);
  start.hash = '';
  start.search = '';
  start.pathname = `${start.pathname.replace(/\/+$/, '').replace(/\/api\/json$/, '')}/`;
  try {
    let left = options.buildsMax ?? FARM_BUILDS_MAX;
    for (const job of await jobsOf(site, start, options)) {
      for await (const page of buildsOf(site, start, job, options, left)) {
        left -= page.builds.length;
        yield page;
      }
      if (left <= 0) return;
    }
  } finally {
    site.stop();
  }
}

/** Paths of jobs below the address, each ending in a slash. */
async function jobsOf(site: Site, base: URL, options: FarmOptions): Promise<string[]> {
  const jobs: string[] = [];
  const folders: { path: string; depth: number }[] = [{ path: '', depth: 0 }];
  for (let folder = folders.shift(); folder !== undefined; folder = folders.shift()) {
    const { path, depth } = folder;
    const answer = await ask(site, new URL(`${path}api/json?tree=_class,name,jobs[name],allBuilds[number]{0,1}`, base));
    // A multi-branch job has both jobs and none of its own builds.
    if (Array.isArray(get(answer, 'allBuilds'))) jobs.push(path);
    if (depth >= DEPTH_MAX) continue;
    for (const inner of listOf(get(answer, 'jobs'))) {
      const name = textOf(get(inner, 'name'));
      if (name === null || name === '' || name === '.' || name === '..') continue;
      if (jobs.length + folders.length >= FARM_JOBS_MAX) {
        options.problems.add(
          'warning',
          'too-many-jobs',
          `There are more than ${FARM_JOBS_MAX} jobs; name a folder of them.`,
        );
        return jobs;
      }
      folders.push({ path: `${path}job/${encodeURIComponent(name)}/`, depth: depth + 1 });
    }
  }
  return jobs;
}

/** Jenkins lists the newest first, and a mirror goes on from the oldest it has not got. */
async function* buildsOf(
  site: Site,
  base: URL,
  path: string,
  options: FarmOptions,
  buildsMax: number,
): AsyncGenerator<FarmPage> {
  const url = new URL(path, base);
  const job = jobOfUrl(url.pathname);
  if (job === null) return;
  const position = await options.positionOf(job);
  const open = new Set(position?.open ?? []);
  const oldest = Math.min(position?.after ?? 0, ...[...open].map((number) => number - 1));
  const after = position?.after ?? 0;
  const wanted: Fields[] = [];
  for (let from = 0; from < FARM_BUILDS_MAX; from += FARM_PAGE_BUILDS) {
    const tree = `allBuilds[${JENKINS_BUILD_TREE}]{${from},${from + FARM_PAGE_BUILDS}}`;
    const builds = listOf(get(await ask(site, new URL(`api/json?tree=${tree}`, url)), 'allBuilds'));
    for (const build of builds) {
      const number = countOf(get(build, 'number')) ?? 0;
      if (number > after || open.has(number)) wanted.push(build);
    }
    const last = countOf(get(builds.at(-1) ?? {}, 'number')) ?? 0;
    if (builds.length < FARM_PAGE_BUILDS || last <= oldest) break;
  }
  wanted.reverse();
  const some = wanted.slice(0, buildsMax);
  const page = options.address == null ? url.href : new URL(path, options.address.replace(/\/*$/, '/')).href;
  let reached = after;
  for (let at = 0; at < some.length; at += FARM_PAGE_BUILDS) {
    const builds = some
      .slice(at, at + FARM_PAGE_BUILDS)
      .map((build) => readJenkinsBuild({ job, page, build }))
      .filter((build) => build !== null);
    for (const { key, running } of builds) {
      const number = Number(key.slice(key.lastIndexOf('#') + 1));
      reached = Math.max(reached, number);
      if (running && open.size < FARM_OPEN_MAX) open.add(number);
      else open.delete(number);
    }
    const more = some.length < wanted.length && at + FARM_PAGE_BUILDS >= some.length;
    yield { part: job, builds, position: { after: reached, open: [...open] }, more };
  }
}

async function ask(site: Site, url: URL): Promise<Fields> {
  const bytes = await site.bytes(url, FARM_ANSWER_BYTES_MAX);
  try {
    const answer: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (isFields(answer)) return answer;
  } catch {
    // A page of something else: said below.
  }
  throw new BakehouseError('unreadable', `${url.origin}${url.pathname} answers no JSON object: this is no Jenkins.`);
}
