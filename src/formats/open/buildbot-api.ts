/** Buildbot's builds through its REST API v2, oldest first: those after the position, and those that still ran when it was written. */
import { BakehouseError } from '../../model/errors.ts';
import type { FarmBuild, FarmPosition } from '../../model/farm-build.ts';
import { FARM_ANSWER_BYTES_MAX, FARM_BUILDS_MAX, FARM_OPEN_MAX, FARM_PAGE_BUILDS } from '../../model/limits.ts';
import type { ProblemList } from '../../model/problem.ts';
import { readBuildbotBuild } from '../buildbot/reader.ts';
import { countOf, type Fields, get, isFields } from '../record/fields.ts';
import { openSite, type Site, type SiteLimits } from './site.ts';

export interface FarmOptions {
  readonly problems: ProblemList;
  readonly nowMs: number;
  /** Where the last run stood; `part`: of a farm that numbers its builds in several rows, else ''. */
  readonly positionOf: (part: string) => Promise<FarmPosition | null>;
  /** Address by which people open it; null: the one that is read. */
  readonly address?: string | null | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly limits?: Partial<SiteLimits> | undefined;
  /** Builds of one run; tests lower it. */
  readonly buildsMax?: number | undefined;
}

/** Builds read together, and where to go on once they are stored. */
export interface FarmPage {
  readonly part: string;
  readonly builds: readonly FarmBuild[];
  readonly position: FarmPosition;
  /** Keys of builds that still ran the last time and are gone from the farm: how they ended nobody knows any more. */
  readonly gone: readonly string[];
  /** Of builds that are there and were left for the next run. */
  readonly more: boolean;
}

/** Requests of a farm that is at work: enough to hide the way there, too few to be felt. */
const CONCURRENCY = 4;

export async function* readBuildbot(address: string, options: FarmOptions): AsyncGenerator<FarmPage> {
  const { site, start } = openSite(address, { concurrency: CONCURRENCY, ...options.limits }, options);
  start.hash = '';
  start.search = '';
  start.pathname = apiFolder(start.pathname);
  const reader = new Reader(site, start, options);
  try {
    yield* reader.pages();
  } finally {
    site.stop();
  }
}

/** The folder in which `api/v2` lies, ending in a slash, whichever of the two was named. */
export function apiFolder(pathname: string): string {
  return `${pathname.replace(/\/+$/, '').replace(/\/api\/v2$/, '')}/`;
}

class Reader {
  readonly #site: Site;
  readonly #base: URL;
  readonly #options: FarmOptions;
  readonly #address: string;
  #builders = new Map<number, Fields>();
  #workers = new Map<number, Fields>();

  constructor(site: Site, base: URL, options: FarmOptions) {
    this.#site = site;
    this.#base = base;
    this.#options = options;
    this.#address = options.address == null ? base.href : options.address.replace(/\/*(?:#.*)?$/, '/');
  }

  async *pages(): AsyncGenerator<FarmPage> {
    // Also tells whether this is a Buildbot at all.
    this.#builders = byNumber(await this.#list('builders', 'builders'), 'builderid');
    this.#workers = byNumber(await this.#list('workers', 'workers'), 'workerid');
    const position = await this.#options.positionOf('');
    const open = new Set(position?.open ?? []);
    let after = position?.after ?? 0;
    const before = [...open];
    for (let at = 0; at < before.length; at += FARM_PAGE_BUILDS) {
      const asked = before.slice(at, at + FARM_PAGE_BUILDS);
      const answers = await this.#list(`builds?property=*&${asked.map((id) => `buildid=${id}`).join('&')}`, 'builds');
      const builds = await this.#builds(answers);
      // One that is gone from the farm is waited for no longer.
      for (const id of asked) open.delete(id);
      for (const { key, running } of builds) if (running) open.add(Number(key));
      const there = new Set(builds.map(({ key }) => key));
      const gone = asked.map(String).filter((key) => !there.has(key));
      yield { part: '', builds, position: { after, open: [...open] }, gone, more: false };
    }
    const buildsMax = this.#options.buildsMax ?? FARM_BUILDS_MAX;
    for (let taken = 0; ; ) {
      const limit = Math.min(FARM_PAGE_BUILDS, buildsMax - taken);
      const answers = await this.#list(`builds?property=*&buildid__gt=${after}&order=buildid&limit=${limit}`, 'builds');
      if (answers.length === 0) return;
      const builds = await this.#builds(answers);
      const last = Math.max(...answers.map((build) => countOf(get(build, 'buildid')) ?? 0));
      if (last <= after)
        throw new BakehouseError('unreadable', `${this.#base.href} gives builds in no order; it was not read further.`);
      after = last;
      for (const { key, running } of builds) if (running && open.size < FARM_OPEN_MAX) open.add(Number(key));
      taken += answers.length;
      const more = taken >= buildsMax && answers.length >= limit;
      yield { part: '', builds, position: { after, open: [...open] }, gone: [], more };
      if (more || answers.length < limit) return;
    }
  }

  async #builds(answers: readonly Fields[]): Promise<FarmBuild[]> {
    const requests = await this.#byIds('buildrequests', 'buildrequestid', numbers(answers, 'buildrequestid'));
    const sets = await this.#byIds('buildsets', 'bsid', numbers([...requests.values()], 'buildsetid'));
    const read = await this.#site.each(answers, async (build) => {
      const id = countOf(get(build, 'buildid'));
      const request = requests.get(countOf(get(build, 'buildrequestid')) ?? -1);
      const buildset = sets.get(countOf(request === undefined ? null : get(request, 'buildsetid')) ?? -1) ?? null;
      return readBuildbotBuild({
        address: this.#address,
        build,
        builder: this.#builders.get(countOf(get(build, 'builderid')) ?? -1) ?? null,
        worker: this.#workers.get(countOf(get(build, 'workerid')) ?? -1) ?? null,
        buildset,
        steps: id === null ? [] : await this.#stepsOf(id),
        nowMs: this.#options.nowMs,
      });
    });
    return read.filter((build) => build !== null);
  }

  /** A build without its steps is still a build. */
  async #stepsOf(id: number): Promise<Fields[]> {
    try {
      return await this.#list(`builds/${id}/steps`, 'steps');
    } catch (cause) {
      if (!(cause instanceof BakehouseError) || this.#site.exhausted || cause.code === 'forbidden') throw cause;
      this.#options.problems.add('warning', 'steps-unreadable', cause.message, `build ${id}`);
      return [];
    }
  }

  /** Rows of one page of builds in one question: the same field given often means any of the values. */
  async #byIds(path: string, field: string, ids: readonly number[]): Promise<Map<number, Fields>> {
    if (ids.length === 0) return new Map();
    return byNumber(await this.#list(`${path}?${ids.map((id) => `${field}=${id}`).join('&')}`, path), field);
  }

  async #list(path: string, key: string): Promise<Fields[]> {
    const url = new URL(`api/v2/${path}`, this.#base);
    const bytes = await this.#site.bytes(url, FARM_ANSWER_BYTES_MAX);
    let answer: unknown;
    try {
      answer = JSON.parse(new TextDecoder().decode(bytes));
    } catch (cause) {
      throw new BakehouseError('unreadable', `${url.href} answers no JSON: this is no Buildbot of 0.9 or newer.`, {
        cause,
      });
    }
    const list = isFields(answer) ? get(answer, key) : null;
    if (!Array.isArray(list))
      throw new BakehouseError('unreadable', `${url.href} has no ${key}: this is no Buildbot of 0.9 or newer.`);
    return list.filter(isFields);
  }
}

function numbers(rows: readonly Fields[], field: string): number[] {
  return [...new Set(rows.flatMap((row) => countOf(get(row, field)) ?? []))];
}

function byNumber(rows: readonly Fields[], field: string): Map<number, Fields> {
  return new Map(
    rows.flatMap((row) => {
      const number = countOf(get(row, field));
      return number === null ? [] : [[number, row] as const];
    }),
  );
}
