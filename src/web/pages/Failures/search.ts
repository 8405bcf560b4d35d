import { TRIAGE_STATES } from '../../../model/triage.ts';
import { compact, type RawSearch, readChoice, readList, readNumber, readText } from '../../state/search.ts';
import { type BuildsSearch, buildsSearch } from '../Builds/search.ts';

/** Parts of the page: kinds of failures, the week, what passes and fails, and the rules of known issues. */
export const VIEWS = ['kinds', 'week', 'unsteady', 'issues'] as const;
export type View = (typeof VIEWS)[number];
export const SORTS = ['failures', 'builds', 'machines', 'first', 'last', 'recipe'] as const;
export type FailureSort = (typeof SORTS)[number];

/** That of the list of builds, and what is asked of failures. Left out is the default. */
export type FailuresSearch = Omit<BuildsSearch, 'pick'> & {
  readonly view?: Exclude<View, 'kinds'> | undefined;
  readonly text?: string | undefined;
  readonly class?: string | undefined;
  readonly infrastructure?: 'yes' | 'no' | undefined;
  readonly recipe?: string | undefined;
  readonly task?: string | undefined;
  readonly state?: string | undefined;
  readonly owner?: string | undefined;
  readonly issue?: string | undefined;
  readonly fingerprint?: string | undefined;
  readonly by?: 'task' | undefined;
  readonly sort?: Exclude<FailureSort, 'failures'> | undefined;
  /** Kinds that are open, and those that are picked to say something of all. */
  readonly open?: readonly string[] | undefined;
  readonly pick?: readonly string[] | undefined;
  readonly week?: string | undefined;
  /** The known issue whose form is open; 0: a new one. */
  readonly edit?: number | undefined;
};

export function failuresSearch(raw: RawSearch): FailuresSearch {
  const { pick: _, ...builds } = buildsSearch(raw);
  const state = readText(raw, 'state');
  return compact({
    ...builds,
    view: readChoice(raw, 'view', ['week', 'unsteady', 'issues'] as const),
    text: readText(raw, 'text'),
    class: readText(raw, 'class'),
    infrastructure: readChoice(raw, 'infrastructure', ['yes', 'no'] as const),
    recipe: readText(raw, 'recipe'),
    task: readText(raw, 'task'),
    state: TRIAGE_STATES.some((one) => one === state) ? state : undefined,
    owner: readText(raw, 'owner'),
    issue: readText(raw, 'issue'),
    fingerprint: readText(raw, 'fingerprint'),
    by: readChoice(raw, 'by', ['task'] as const),
    sort: readChoice(raw, 'sort', ['builds', 'machines', 'first', 'last', 'recipe'] as const),
    open: readList(raw, 'open', 20),
    pick: readList(raw, 'pick', 100),
    week: readText(raw, 'week'),
    edit: readNumber(raw, 'edit'),
  });
}

/** Of the address only what chooses builds. */
export function buildsOf(search: FailuresSearch) {
  const { q, machine, distro, target, builder, host, hostDistro, branch, release } = search;
  const { outcome, kind, visibility, from, to } = search;
  return {
    q,
    machine,
    distro,
    target,
    builder,
    host,
    hostDistro,
    branch,
    release,
    outcome,
    kind,
    visibility,
    from,
    to,
  };
}

/** What is asked of the server for the list of kinds. */
export function kindsOf(search: FailuresSearch) {
  const { text, class: causeClass, infrastructure, recipe, task, state, owner, issue, fingerprint, by, sort } = search;
  return {
    ...buildsOf(search),
    text,
    class: causeClass,
    infrastructure,
    recipe,
    task,
    state,
    owner,
    issue,
    fingerprint,
    by,
    sort,
  };
}
