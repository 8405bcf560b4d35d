/**
 * Which job of a farm runs us, by the variables that Jenkins, GitLab and GitHub set for every job of theirs. The same words as
 * meta-bakehouse/lib/bakehouse/ci.py, of which a test holds that it answers alike.
 */
import { percentDecoded } from '../model/percent-decoded.ts';

export interface CiJob {
  /** Page of this run of the job. */
  readonly url: string | null;
  readonly builder: string | null;
  /** Page of the job itself. */
  readonly builderId: string | null;
  readonly reason: string | null;
}

const NAME_CHARS = 300;
/** Addresses of people's own servers: as long as browsers take them. */
const URL_CHARS = 2000;

export function ciJob(environment: Readonly<Record<string, string | undefined>>): CiJob {
  const told = (name: string): string => (environment[name] ?? '').trim();
  if (told('GITLAB_CI') !== '' && told('CI_JOB_URL') !== '') return gitlab(told);
  if (told('GITHUB_ACTIONS') !== '' && told('GITHUB_REPOSITORY') !== '') return github(told);
  // A word as plain as BUILD_URL means something only beside Jenkins' own.
  if (told('JENKINS_URL') !== '' && told('BUILD_URL') !== '') return jenkins(told);
  return { url: null, builder: null, builderId: null, reason: null };
}

type Told = (name: string) => string;

function jenkins(told: Told): CiJob {
  const url = told('BUILD_URL');
  const change = told('CHANGE_ID');
  return job(
    url,
    // Names of branches are encoded in names of jobs: `images/feature%2Fx`.
    [percentDecoded(told('JOB_NAME'))],
    told('JOB_URL') || `${url.replace(/\/+$/, '').replace(/\/?[^/]*$/, '')}/`,
    change === '' ? [] : ['change', change],
  );
}

function gitlab(told: Told): CiJob {
  const [project, name] = [told('CI_PROJECT_URL'), told('CI_JOB_NAME')];
  return job(
    told('CI_JOB_URL'),
    [told('CI_PROJECT_PATH'), name],
    project === '' || name === '' ? '' : `${project}/-/jobs#${name.replaceAll(' ', '%20')}`,
    [told('CI_PIPELINE_SOURCE'), told('CI_COMMIT_REF_NAME')],
  );
}

function github(told: Told): CiJob {
  const repository = `${told('GITHUB_SERVER_URL').replace(/\/+$/, '')}/${told('GITHUB_REPOSITORY')}`;
  const run = told('GITHUB_RUN_ID');
  // Those who took over GitHub's variables number the pages of their runs in other ways.
  const own = told('GITEA_ACTIONS') === '' && told('FORGEJO_ACTIONS') === '';
  // owner/repository/.github/workflows/FILE@REF
  const file = told('GITHUB_WORKFLOW_REF').replace(/@.*$/s, '').replace(/^.*\//s, '');
  const name = told('GITHUB_JOB');
  return job(
    run === '' || !own ? '' : `${repository}/actions/runs/${run}/attempts/${told('GITHUB_RUN_ATTEMPT') || '1'}`,
    [told('GITHUB_REPOSITORY'), told('GITHUB_WORKFLOW'), name],
    file === '' ? '' : `${repository}/actions/workflows/${file}#${name}`,
    [told('GITHUB_EVENT_NAME'), told('GITHUB_REF_NAME')],
  );
}

function job(url: string, builder: readonly string[], builderId: string, reason: readonly string[]): CiJob {
  const words = (parts: readonly string[]): string | null =>
    parts
      .filter((part) => part !== '')
      .join(' ')
      .slice(0, NAME_CHARS) || null;
  return { url: address(url), builder: words(builder), builderId: address(builderId), reason: words(reason) };
}

/** An address of a page, and nothing of who reads it: what stands before an @ stays here. */
function address(url: string): string | null {
  if (url.length > URL_CHARS || /\s/.test(url)) return null;
  const [, scheme, host, path] = /^(https?:\/\/)(?:[^/]*@)?([^/]*)(.*)$/s.exec(url) ?? [];
  return scheme === undefined || `${host}${path}` === '' ? null : `${scheme}${host}${path}`;
}
