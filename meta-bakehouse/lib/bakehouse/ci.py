"""
Which job of a farm runs this bitbake, by the variables that Jenkins, GitLab and GitHub set for every job of theirs. They are read from the
environment that bitbake was called in, and become part of no configuration: another number of a build is no reason to parse or build anew.
"""
from urllib.parse import unquote

_NAME_CHARS = 300
# Addresses of people's own servers: as long as browsers take them.
_URL_CHARS = 2000


class Job(object):
    """None: not told. `url`: page of this run of the job; `builder_id`: page of the job itself."""

    def __init__(self, url=None, builder=None, builder_id=None, reason=None):
        self.url = _address(url)
        self.builder = builder[:_NAME_CHARS] if builder else None
        self.builder_id = _address(builder_id)
        self.reason = reason[:_NAME_CHARS] if reason else None


def job_of(get):
    """`get`: a variable of the environment, or None."""
    told = lambda name: (get(name) or '').strip()
    if told('GITLAB_CI') and told('CI_JOB_URL'):
        return _gitlab(told)
    if told('GITHUB_ACTIONS') and told('GITHUB_REPOSITORY'):
        return _github(told)
    # A word as plain as BUILD_URL means something only beside Jenkins' own.
    if told('JENKINS_URL') and told('BUILD_URL'):
        return _jenkins(told)
    return Job()


def _jenkins(told):
    # Jenkins tells jobs no reason; a branch that is somebody's change says so.
    change = told('CHANGE_ID')
    page = told('JOB_URL') or told('BUILD_URL').rstrip('/').rpartition('/')[0] + '/'
    # Names of branches are encoded in names of jobs: images/feature%2Fx.
    return Job(told('BUILD_URL'), unquote(told('JOB_NAME')), page, 'change %s' % change if change else None)


def _gitlab(told):
    project = told('CI_PROJECT_URL')
    name = told('CI_JOB_NAME')
    return Job(told('CI_JOB_URL'), ' '.join(part for part in (told('CI_PROJECT_PATH'), name) if part),
               '%s/-/jobs#%s' % (project, name.replace(' ', '%20')) if project and name else None,
               _reason(told('CI_PIPELINE_SOURCE'), told('CI_COMMIT_REF_NAME')))


def _github(told):
    repository = '%s/%s' % (told('GITHUB_SERVER_URL').rstrip('/'), told('GITHUB_REPOSITORY'))
    run = told('GITHUB_RUN_ID')
    url = None
    # Those who took over GitHub's variables number the pages of their runs in other ways.
    if run and not told('GITEA_ACTIONS') and not told('FORGEJO_ACTIONS'):
        url = '%s/actions/runs/%s/attempts/%s' % (repository, run, told('GITHUB_RUN_ATTEMPT') or '1')
    # owner/repository/.github/workflows/FILE@REF
    file = told('GITHUB_WORKFLOW_REF').partition('@')[0].rpartition('/')[2]
    job = told('GITHUB_JOB')
    return Job(url, ' '.join(part for part in (told('GITHUB_REPOSITORY'), told('GITHUB_WORKFLOW'), job) if part),
               '%s/actions/workflows/%s#%s' % (repository, file, job) if file else None,
               _reason(told('GITHUB_EVENT_NAME'), told('GITHUB_REF_NAME')))


def _reason(event, ref):
    return ' '.join(part for part in (event, ref) if part)


def _address(url):
    """An address of a page, and nothing of who reads it: what stands before an @ stays here."""
    if not url or len(url) > _URL_CHARS:
        return None
    scheme, separator, rest = url.partition('://')
    if not separator or scheme not in ('http', 'https') or not rest or any(char.isspace() for char in rest):
        return None
    host, slash, path = rest.partition('/')
    return '%s://%s%s%s' % (scheme, host.rpartition('@')[2], slash, path)
