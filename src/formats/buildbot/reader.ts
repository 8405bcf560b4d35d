/**
 * What Buildbot's REST API (v2) says of a build, as a Build. Buildbot knows nothing of recipes and tasks: a build of it is a run of steps on a
 * worker, in which bitbake may have run once, often or never. So steps are phases, a failed step is a failure outside tasks, and what bitbake
 * itself told stands in builds of its own, of which this one is the parent.
 */
import type { BuildOutcome, Failure, LayerRevision, Message, Phase } from '../../model/build.ts';
import { blankBuild } from '../../model/draw-build.ts';
import type { BuildLink, FarmBuild } from '../../model/farm-build.ts';
import { comparableUrl } from '../../model/farm-build.ts';
import {
  FARM_LINKS_MAX,
  LAYERS_MAX,
  MESSAGE_CHARS_MAX,
  PHASES_MAX,
  REPORT_NAME_CHARS_MAX,
} from '../../model/limits.ts';
import { ProblemList } from '../../model/problem.ts';
import { countOf, type Fields, get, isFields, textOf } from '../record/fields.ts';

/** https://docs.buildbot.net: results of builds and steps. */
const SUCCESS = 0;
const WARNINGS = 1;
const FAILURE = 2;
const SKIPPED = 3;
const EXCEPTION = 4;
const RETRY = 5;
const CANCELLED = 6;

/** What was fetched about one build. Parts that could not be had are null or empty. */
export interface BuildbotAnswers {
  /** Where people open it, ending in a slash. */
  readonly address: string;
  readonly build: Fields;
  readonly builder: Fields | null;
  readonly worker: Fields | null;
  readonly buildset: Fields | null;
  readonly steps: readonly Fields[];
  readonly nowMs: number;
}

const short = (value: unknown): string | null => {
  const text = textOf(value, REPORT_NAME_CHARS_MAX)?.trim() ?? '';
  return text === '' ? null : text;
};

/** Whole seconds since 1970; some releases give them as text. */
function timeOf(value: unknown): number | null {
  const seconds = typeof value === 'string' ? Date.parse(value) / 1000 : value;
  return typeof seconds === 'number' && seconds > 0 && seconds < 1e11 ? Math.round(seconds * 1000) : null;
}

function outcomeOf(complete: boolean, results: unknown): BuildOutcome {
  if (!complete) return 'running';
  switch (results) {
    case SUCCESS:
    case WARNINGS:
      return 'succeeded';
    case FAILURE:
    case EXCEPTION:
      return 'failed';
    case SKIPPED:
      return 'never-started';
    // The worker went away; Buildbot begins anew as another build.
    case RETRY:
      return 'lost';
    case CANCELLED:
      return 'interrupted';
    default:
      return 'not-recorded';
  }
}

/** `{name: [value, source]}`, of which only texts are of use here. */
function propertiesOf(build: Fields): Map<string, string> {
  const found = new Map<string, string>();
  const all = get(build, 'properties');
  if (!isFields(all)) return found;
  for (const [name, pair] of Object.entries(all)) {
    const value: unknown = Array.isArray(pair) ? pair[0] : null;
    const text = short(value);
    if (text !== null && name.length <= 100) found.set(name, text);
  }
  return found;
}

/**
 * Layers by what the farm's properties say: `commit_<repo>` and `branch_<repo>` of the Yocto Project's controller, its `yp_build_revision`, and
 * the source stamps that Buildbot itself checks out. They name repositories, which is as near to layers as Buildbot comes.
 */
function layersOf(properties: ReadonlyMap<string, string>, buildset: Fields | null): LayerRevision[] {
  const layers = new Map<string, { branch: string | null; commit: string | null }>();
  const of = (name: string) => {
    const layer = layers.get(name) ?? { branch: null, commit: null };
    if (layers.size < LAYERS_MAX) layers.set(name, layer);
    return layer;
  };
  for (const [name, value] of properties) {
    const [, what, repository] = /^(commit|branch)_([\w.+-]{1,80})$/.exec(name) ?? [];
    if (what === 'commit') {
      if (isCommit(value)) of(repository!).commit = value;
    } else if (what === 'branch') of(repository!).branch = value;
  }
  const revision = properties.get('yp_build_revision');
  const branch = properties.get('yp_build_branch') ?? null;
  if (revision !== undefined && isCommit(revision) && ![...layers.values()].some(({ commit }) => commit === revision))
    layers.set('poky', { branch, commit: revision });
  const stamps = buildset === null ? null : get(buildset, 'sourcestamps');
  for (const stamp of Array.isArray(stamps) ? stamps : []) {
    if (!isFields(stamp)) continue;
    const place = (short(get(stamp, 'codebase')) ?? short(get(stamp, 'repository')))?.replace(/\/+$/, '') ?? '';
    const name = place.slice(place.lastIndexOf('/') + 1).replace(/\.git$/, '');
    const commit = short(get(stamp, 'revision'));
    if (name === '' || layers.has(name)) continue;
    const layer = of(name);
    layer.branch = short(get(stamp, 'branch'));
    layer.commit = commit !== null && isCommit(commit) ? commit : null;
  }
  return [...layers].map(([name, { branch, commit }]) => ({ name, branch, commit, modified: null }));
}

function isCommit(text: string): boolean {
  return /^[0-9a-f]{7,64}$/.test(text);
}

/** Properties that are told under names of ours, or are the worker's own affair. */
const NOT_KEPT =
  /^(?:builddir|basedir|workdir|buildername|buildnumber|workername|owners?|reason|warnings-count|.*(?:pass|token|secret|key|cred).*)$/i;
const PROPERTIES_KEPT = 100;

/** Null where the answer names no build. */
export function readBuildbotBuild(answers: BuildbotAnswers): FarmBuild | null {
  const { address, build, builder, worker, buildset, steps, nowMs } = answers;
  const id = countOf(get(build, 'buildid'));
  const builderId = countOf(get(build, 'builderid'));
  const number = countOf(get(build, 'number'));
  if (id === null || builderId === null || number === null) return null;
  const problems = new ProblemList();
  const properties = propertiesOf(build);
  const complete = get(build, 'complete') === true;
  const results = get(build, 'results');
  const outcome = outcomeOf(complete, results);
  const builderName = short(builder === null ? null : get(builder, 'name')) ?? properties.get('buildername') ?? null;
  const workerName = short(worker === null ? null : get(worker, 'name')) ?? properties.get('workername') ?? null;
  const page = `${address}#/builders/${builderId}/builds/${number}`;
  const name = `${builderName ?? `builder ${builderId}`} #${number}`;
  const startedMs = timeOf(get(build, 'started_at'));
  const { phases, failures, messages, links } = readSteps(steps, page, startedMs, nowMs, problems);
  const state = short(get(build, 'state_string'));
  if (failures.length === 0 && (outcome === 'failed' || outcome === 'lost') && state !== null)
    failures.push({ ...NO_TASK, cause: state });
  if (results === WARNINGS && messages.length === 0)
    messages.push({ level: 'warning', timeMs: null, logger: null, text: state ?? 'warnings' });
  const reason = short(buildset === null ? null : get(buildset, 'reason')) ?? properties.get('reason') ?? null;
  const parent = buildset === null ? null : countOf(get(buildset, 'parent_buildid'));
  const extras = [...properties].filter(([key]) => !NOT_KEPT.test(key)).slice(0, PROPERTIES_KEPT);
  const tags = builder === null ? null : get(builder, 'tags');
  return {
    key: String(id),
    running: !complete,
    parents: parent === null ? [] : [String(parent)],
    links: [{ kind: 'origin', title: `Buildbot: ${name}`, url: page }, ...links],
    build: {
      ...blankBuild(name),
      sources: [{ kind: 'buildbot', location: page }],
      startedMs,
      endedMs: complete ? timeOf(get(build, 'complete_at')) : null,
      outcome,
      builder: builderName,
      builderId: `${address}#/builders/${builderId}`,
      host: { ...blankBuild('').host, name: workerName },
      layers: layersOf(properties, buildset),
      phases,
      failures,
      messages,
      extras: Object.fromEntries([
        ...(reason === null ? [] : [['reason', reason]]),
        ...(Array.isArray(tags) && tags.length > 0
          ? [['builder tags', tags.map(String).join(', ').slice(0, 400)]]
          : []),
        ...told('builder description', builder === null ? null : get(builder, 'description')),
        ...told('worker', describedBy(worker)),
        ...extras.map(([key, value]) => [`property ${key}`, value]),
      ]),
      problems: problems.list(),
    },
  };
}

const NO_TASK: Omit<Failure, 'cause'> = { row: null, pf: null, task: null, mc: '', logPath: null };

function told(name: string, value: unknown): [string, string][] {
  const text = short(value);
  return text === null ? [] : [[name, text]];
}

/** What its owner wrote of the machine. The address of the owner himself, beside it, is not taken over. */
function describedBy(worker: Fields | null): unknown {
  const info = worker === null ? null : get(worker, 'workerinfo');
  return isFields(info) ? get(info, 'host') : null;
}

function readSteps(
  steps: readonly Fields[],
  page: string,
  buildStartedMs: number | null,
  nowMs: number,
  problems: ProblemList,
): { phases: Phase[]; failures: Failure[]; messages: Message[]; links: BuildLink[] } {
  const phases: Phase[] = [];
  const failures: Failure[] = [];
  const messages: Message[] = [];
  const links: BuildLink[] = [];
  if (steps.length > PHASES_MAX)
    problems.add('warning', 'too-many-steps', `Of ${steps.length} steps the first ${PHASES_MAX} are kept.`);
  for (const step of steps.slice(0, PHASES_MAX)) {
    const name = short(get(step, 'name')) ?? 'step';
    const number = countOf(get(step, 'number')) ?? phases.length;
    const startMs = timeOf(get(step, 'started_at'));
    const results = get(step, 'results');
    const complete = get(step, 'complete') === true;
    const state = textOf(get(step, 'state_string'), MESSAGE_CHARS_MAX);
    // A step that never began has no place in time.
    if (startMs !== null && get(step, 'hidden') !== true) {
      const endMs = complete ? timeOf(get(step, 'complete_at')) : Math.max(nowMs, startMs);
      phases.push({
        id: `step-${number}`,
        label: name,
        startMs,
        endMs: Math.max(endMs ?? startMs, startMs),
        estimated: !complete || endMs === null,
        detail: state,
      });
    }
    const at = timeOf(get(step, 'complete_at')) ?? startMs ?? buildStartedMs;
    const text = `${name}: ${state ?? ''}`.slice(0, MESSAGE_CHARS_MAX);
    if (complete && (results === FAILURE || results === EXCEPTION)) {
      failures.push({ ...NO_TASK, cause: text.slice(0, 1000) });
      messages.push({ level: 'error', timeMs: at, logger: name, text });
      links.push({ kind: 'log', title: `Log of ${name}`, url: `${page}/steps/${number}/logs/stdio` });
    } else if (complete && results === WARNINGS) messages.push({ level: 'warning', timeMs: at, logger: name, text });
    const urls = get(step, 'urls');
    for (const entry of Array.isArray(urls) ? urls : []) {
      if (!isFields(entry) || links.length >= FARM_LINKS_MAX) continue;
      const url = textOf(get(entry, 'url'));
      if (url === null || comparableUrl(url) === null) continue;
      links.push({ kind: 'published', title: short(get(entry, 'name')) ?? name, url });
    }
  }
  return { phases, failures, messages, links: links.slice(0, FARM_LINKS_MAX) };
}
