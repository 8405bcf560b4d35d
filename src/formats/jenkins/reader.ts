/**
 * What Jenkins' remote access API says of a build of a job, and its stage view of a pipeline. As Buildbot it knows no recipes: what the job did is
 * told by the build's own account.
 */
import type { BuildOutcome, Failure, LayerRevision, Phase } from '../../model/build.ts';
import { blankBuild } from '../../model/draw-build.ts';
import { type BuildLink, comparableUrl, type FarmBuild } from '../../model/farm-build.ts';
import { FARM_LINKS_MAX, FARM_PARENTS_MAX, LAYERS_MAX, PHASES_MAX, REPORT_NAME_CHARS_MAX } from '../../model/limits.ts';
import { percentDecoded } from '../../model/percent-decoded.ts';
import { countOf, type Fields, get, isFields, textOf, timeOf } from '../record/fields.ts';

/** What is asked for of each build. Jenkins sends that, `_class` everywhere, and `{}` for each action of which nothing was asked for. */
export const JENKINS_BUILD_TREE =
  '_class,number,url,result,building,timestamp,duration,displayName,description,builtOn,' +
  'actions[causes[shortDescription,upstreamUrl,upstreamBuild],parameters[name,value],' +
  'lastBuiltRevision[SHA1,branch[name]],remoteUrls],artifacts[fileName,relativePath]';

export interface JenkinsAnswers {
  /** Names joined by slashes: `folder/job`. */
  readonly job: string;
  /** Page of the job for people, ending in a slash. */
  readonly page: string;
  readonly build: Fields;
  /** Of a pipeline's build, as the plug-in of the stage view tells them (`wfapi/describe`); null: not told. */
  readonly stages: readonly Fields[] | null;
  readonly nowMs: number;
}

const short = (value: unknown): string | null => {
  const text = textOf(value, REPORT_NAME_CHARS_MAX)?.trim() ?? '';
  return text === '' ? null : text;
};

const OUTCOMES: Readonly<Record<string, BuildOutcome>> = {
  SUCCESS: 'succeeded',
  // Tests failed; what was to be built was built.
  UNSTABLE: 'succeeded-with-errors',
  FAILURE: 'failed',
  ABORTED: 'interrupted',
  NOT_BUILT: 'never-started',
};

/** A job of the kind Pipeline, whose builds have stages and no node of their own. */
export function isPipelineBuild(build: Fields): boolean {
  return textOf(get(build, '_class'))?.endsWith('.WorkflowRun') === true;
}

const SECRET = /pass|token|secret|key|cred/i;
const PARAMETERS_KEPT = 100;
const ARTIFACTS_LINKED = 20;

/** Names a build among those of its server. */
export function jenkinsKey(job: string, number: number): string {
  return `${job}#${number}`;
}

/** `job/folder/job/name/` -> `folder/name`; null where it is no address of a job. */
export function jobOfUrl(url: string): string | null {
  const names = [...url.matchAll(/(?:^|\/)job\/([^/]+)/g)].map(([, name]) => percentDecoded(name!));
  return names.length === 0 ? null : names.join('/');
}

/** Null where the answer names no build. */
export function readJenkinsBuild({ job, page, build, stages, nowMs }: JenkinsAnswers): FarmBuild | null {
  const number = countOf(get(build, 'number'));
  if (number === null) return null;
  const running = get(build, 'building') === true;
  const result = get(build, 'result');
  const timestamp = timeOf(get(build, 'timestamp'));
  const startedMs = timestamp !== null && timestamp > 0 ? timestamp : null;
  const durationMs = countOf(get(build, 'duration'));
  const actions = listOf(get(build, 'actions'));
  const causes = actions.flatMap((action) => listOf(get(action, 'causes')));
  const own = `${page}${number}/`;
  // Names of branches are encoded in names of jobs: `feature%2Fx`.
  const called = percentDecoded(job);
  const name = `${called} #${number}`;
  const parents = causes.flatMap((cause) => {
    const upstream = countOf(get(cause, 'upstreamBuild'));
    const of = jobOfUrl(textOf(get(cause, 'upstreamUrl')) ?? '');
    return upstream === null || of === null ? [] : [jenkinsKey(of, upstream)];
  });
  const parameters = actions
    .flatMap((action) => listOf(get(action, 'parameters')))
    .flatMap((parameter): [string, string][] => {
      const called = short(get(parameter, 'name'));
      const value = get(parameter, 'value');
      const told = typeof value === 'number' || typeof value === 'boolean' ? String(value) : short(value);
      return called === null || told === null || SECRET.test(called) ? [] : [[`parameter ${called}`, told]];
    });
  const parameter = (called: string) => parameters.find(([key]) => key === `parameter ${called}`)?.[1] ?? null;
  // What upstream builds of one job began together is told once for each of them.
  const reasons = [...new Set(causes.flatMap((cause) => short(get(cause, 'shortDescription')) ?? []))];
  const description = short(get(build, 'description'));
  const displayName = short(get(build, 'displayName'));
  const { phases, failures } = readStages(stages ?? [], running ? nowMs : null);
  const outcome = running ? 'running' : (OUTCOMES[typeof result === 'string' ? result : ''] ?? 'not-recorded');
  const links: BuildLink[] = [{ kind: 'origin', title: `Jenkins: ${name}`, url: own }];
  if (outcome === 'failed') links.push({ kind: 'log', title: 'Console output', url: `${own}console` });
  for (const artifact of listOf(get(build, 'artifacts')).slice(0, ARTIFACTS_LINKED)) {
    const path = textOf(get(artifact, 'relativePath'));
    if (path === null) continue;
    // Half a surrogate pair, which JSON may hold, is no character of an address.
    const url = `${own}artifact/${path.toWellFormed().split('/').map(encodeURIComponent).join('/')}`;
    if (comparableUrl(url) !== null)
      links.push({ kind: 'published', title: short(get(artifact, 'fileName')) ?? path, url });
  }
  return {
    key: jenkinsKey(job, number),
    running,
    parents: [...new Set(parents)].slice(0, FARM_PARENTS_MAX),
    links: links.slice(0, FARM_LINKS_MAX),
    build: {
      ...blankBuild(name),
      sources: [{ kind: 'jenkins', location: own }],
      startedMs,
      endedMs: running || startedMs === null || durationMs === null ? null : startedMs + durationMs,
      outcome,
      machine: parameter('MACHINE'),
      distro: parameter('DISTRO'),
      builder: called,
      builderId: page,
      // '' is the controller itself, which has no name of its own.
      host: { ...blankBuild('').host, name: short(get(build, 'builtOn')) },
      layers: layersOf(actions),
      phases,
      failures: outcome !== 'failed' ? [] : failures.length > 0 ? failures : [{ ...NO_TASK, cause: description }],
      extras: Object.fromEntries([
        ...(displayName === null || displayName === `#${number}` ? [] : [['display name', displayName]]),
        ...(description === null ? [] : [['description', description]]),
        ...(reasons.length === 0 ? [] : [['reason', reasons.join('; ').slice(0, REPORT_NAME_CHARS_MAX)]]),
        ...parameters.slice(0, PARAMETERS_KEPT),
      ]),
    },
  };
}

const NO_TASK: Omit<Failure, 'cause'> = { row: null, pf: null, task: null, mc: '', logPath: null };

/**
 * Stages as phases. Stages that come after one that failed are FAILED as well, with its error and some milliseconds, though nothing of them ran
 * (Jenkins 2.568): they have no phase, and the failure is the first one's.
 */
function readStages(stages: readonly Fields[], nowMs: number | null): { phases: Phase[]; failures: Failure[] } {
  const phases: Phase[] = [];
  const failures: Failure[] = [];
  const over = new Map<string, number>();
  for (const stage of stages.slice(0, PHASES_MAX)) {
    const label = short(get(stage, 'name')) ?? 'stage';
    const status = textOf(get(stage, 'status'));
    const startMs = timeOf(get(stage, 'startTimeMillis'));
    if (startMs === null || startMs === 0 || status === 'NOT_EXECUTED') continue;
    const lasts = nowMs !== null && (status === 'IN_PROGRESS' || status === 'PAUSED_PENDING_INPUT');
    const endMs = lasts ? Math.max(nowMs, startMs) : startMs + (countOf(get(stage, 'durationMillis')) ?? 0);
    const error = get(stage, 'error');
    const message = isFields(error) ? (short(get(error, 'message')) ?? short(get(error, 'type'))) : null;
    if (status === 'FAILED') {
      const ended = over.get(message ?? '');
      if (ended !== undefined && startMs >= ended) continue;
      over.set(message ?? '', endMs);
      failures.push({ ...NO_TASK, cause: message === null ? `Stage ${label} failed` : `${label}: ${message}` });
    }
    const id = textOf(get(stage, 'id'), 40) ?? String(phases.length);
    phases.push({ id: `stage-${id}`, label, startMs, endMs, estimated: lasts, detail: message ?? wordsOf(status) });
  }
  return { phases, failures };
}

/** `PAUSED_PENDING_INPUT` as people write it. */
function wordsOf(status: string | null): string | null {
  return status === null || status === 'SUCCESS' ? null : status.toLowerCase().replaceAll('_', ' ');
}

/**
 * The Git plug-in tells a revision for each time that a repository was checked out, the libraries of a pipeline included; of a repository that
 * was checked out anew in a later stage it is the last.
 */
function layersOf(actions: readonly Fields[]): LayerRevision[] {
  const layers = new Map<string, LayerRevision>();
  for (const action of actions) {
    const revision = get(action, 'lastBuiltRevision');
    const urls = get(action, 'remoteUrls');
    const url = Array.isArray(urls) ? short(urls[0]) : null;
    if (!isFields(revision) || url === null) continue;
    const place = url.replace(/\/+$/, '').replace(/\.git$/, '');
    const name = place.slice(Math.max(place.lastIndexOf('/'), place.lastIndexOf(':')) + 1);
    if (name === '' || (layers.size >= LAYERS_MAX && !layers.has(name))) continue;
    const branch = short(listOf(get(revision, 'branch')).map((one) => get(one, 'name'))[0]);
    const commit = short(get(revision, 'SHA1'));
    layers.set(name, {
      name,
      // A commit that was asked for by its name is on no branch: Jenkins says so in this word.
      branch:
        branch === 'detached' ? null : (branch?.replace(/^(?:refs\/remotes\/origin|refs\/heads|origin)\//, '') ?? null),
      commit: commit !== null && /^[0-9a-f]{7,64}$/.test(commit) ? commit : null,
      modified: null,
    });
  }
  return [...layers.values()];
}

export function listOf(value: unknown): Fields[] {
  return Array.isArray(value) ? value.filter(isFields) : [];
}
