/** What the jobs of three farms say of themselves; the BitBake side reads the same out of the same variables. */
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { hasPython } from '../../test/real-parts.ts';
import { type CiJob, ciJob } from './ci-job.ts';

const NONE: CiJob = { url: null, builder: null, builderId: null, reason: null };
const GITHUB = {
  GITHUB_ACTIONS: 'true',
  GITHUB_SERVER_URL: 'https://github.example',
  GITHUB_REPOSITORY: 'acme/meta-acme',
  GITHUB_RUN_ID: '1658821493',
  GITHUB_RUN_ATTEMPT: '2',
  GITHUB_WORKFLOW: 'nightly',
  GITHUB_WORKFLOW_REF: 'acme/meta-acme/.github/workflows/nightly.yml@refs/heads/main',
  GITHUB_JOB: 'build',
  GITHUB_EVENT_NAME: 'schedule',
  GITHUB_REF_NAME: 'main',
};
const RUN = 'https://github.example/acme/meta-acme/actions';

const CASES: readonly [Record<string, string>, CiJob][] = [
  [{}, NONE],
  [
    {
      JENKINS_URL: 'https://ci.example/',
      BUILD_URL: 'https://reader:hush@ci.example/job/images/job/feature%252Fx/12/',
      JOB_NAME: 'images/feature%2Fx',
      CHANGE_ID: '7',
    },
    {
      url: 'https://ci.example/job/images/job/feature%252Fx/12/',
      builder: 'images/feature/x',
      builderId: 'https://ci.example/job/images/job/feature%252Fx/',
      reason: 'change 7',
    },
  ],
  // Something else that calls its address so.
  [{ BUILD_URL: 'https://ci.example/1', JOB_NAME: 'x' }, NONE],
  [
    {
      GITLAB_CI: 'true',
      CI_JOB_URL: 'https://git.example/acme/distro/-/jobs/99',
      CI_PROJECT_URL: 'https://git.example/acme/distro',
      CI_PROJECT_PATH: 'acme/distro',
      CI_JOB_NAME: 'build: [qemuarm64]',
      CI_PIPELINE_SOURCE: 'merge_request_event',
      CI_COMMIT_REF_NAME: 'kernel-6.12',
    },
    {
      url: 'https://git.example/acme/distro/-/jobs/99',
      builder: 'acme/distro build: [qemuarm64]',
      builderId: 'https://git.example/acme/distro/-/jobs#build:%20[qemuarm64]',
      reason: 'merge_request_event kernel-6.12',
    },
  ],
  [
    GITHUB,
    {
      url: `${RUN}/runs/1658821493/attempts/2`,
      builder: 'acme/meta-acme nightly build',
      builderId: `${RUN}/workflows/nightly.yml#build`,
      reason: 'schedule main',
    },
  ],
  [
    { ...GITHUB, GITEA_ACTIONS: 'true', GITHUB_WORKFLOW_REF: '' },
    { url: null, builder: 'acme/meta-acme nightly build', builderId: null, reason: 'schedule main' },
  ],
  [
    { GITLAB_CI: 'true', CI_JOB_URL: 'javascript:alert(1)', CI_JOB_NAME: 'j' },
    { ...NONE, builder: 'j' },
  ],
  [{ JENKINS_URL: 'x', BUILD_URL: 'http://', JOB_URL: `https://ci/${'a'.repeat(3000)}` }, NONE],
];

test('Jenkins, GitLab and GitHub are recognised by their own variables', () => {
  for (const [environment, told] of CASES) expect(ciJob(environment)).toEqual(told);
});

test.skipIf(!hasPython)('the class says the same', () => {
  const program = [
    'import json, sys',
    'from bakehouse.ci import job_of',
    'jobs = [job_of(environment.get) for environment in json.load(sys.stdin)]',
    "print(json.dumps([{'url': j.url, 'builder': j.builder, 'builderId': j.builder_id, 'reason': j.reason} for j in jobs]))",
  ].join('\n');
  const run = spawnSync('python3', ['-B', '-c', program], {
    cwd: resolve(import.meta.dirname, '../../meta-bakehouse/lib'),
    input: JSON.stringify(CASES.map(([environment]) => environment)),
    encoding: 'utf8',
  });
  expect(run.stderr).toBe('');
  expect(JSON.parse(run.stdout)).toEqual(CASES.map(([, told]) => told));
});
