"""
What the class calls, in BitBake's server process. Whatever goes wrong in here costs the record and one warning, never the build: nothing
raises, nothing waits longer than a second.
"""
import json
import logging
import os
import re
import subprocess
import sys
import time

from . import ci, history, listener
from .record import now_ms, short_id
from .recorder import Facts, Recorder

_WAIT_S = 1.0
# A build is pushed while it runs every so often, where BAKEHOUSE_PUSH names no other number.
_PUSH_EVERY_S = 60
_SECONDS = re.compile(r'^\d{1,5}$')
_WEB_ADDRESS = re.compile(r'^https?://[!-~]{1,490}$')
_PUSH_JSON_MAX = 1 << 20
_KEEP = re.compile(r'^[0-9]{1,9}[dkMGT]?$')

# Of bitbake's command line: what asks for no build, and what takes the next word.
_NO_BUILD = frozenset((
    '-p', '--parse-only', '-e', '--environment', '-s', '--show-versions', '-g', '--graphviz', '-S', '--dump-signatures',
    '-h', '--help', '--version', '-m', '--kill-server', '--status-only', '--observe-only', '-b', '--buildfile', '--server-only',
))
_WITH_VALUE = frozenset((
    '-c', '--cmd', '-C', '--clear-stamp', '-r', '--read', '-R', '--postread', '-w', '--write-log', '-u', '--ui', '-l',
    '--log-domains', '-T', '--idle-timeout', '-B', '--bind', '-t', '--servertype', '--token', '--remote-server',
    '-I', '--ignore-deps', '--runall', '--runonly', '--xmlrpcinterface',
))

ALL_KINDS = ('counters', 'all-counters', 'samples', 'hashes', 'graph', 'layers', 'messages', 'failure-logs', 'qa-logs',
             'success-logs', 'pseudo', 'host-stats', 'packages', 'images', 'scratch')

# As KEPT_VARIABLES of src/formats/eventlog/variables.ts, which says why these: a test holds both lists to be equal.
VARIABLES = (
    'MACHINE', 'DISTRO', 'DISTRO_VERSION', 'DISTRO_CODENAME', 'DISTRO_FEATURES', 'MACHINE_FEATURES', 'IMAGE_FEATURES',
    'EXTRA_IMAGE_FEATURES', 'IMAGE_FSTYPES', 'PACKAGE_CLASSES', 'INIT_MANAGER', 'TCLIBC', 'TCMODE', 'TOOLCHAIN', 'GCCVERSION',
    'SDKMACHINE', 'TARGET_SYS', 'BUILD_SYS', 'BUILD_ARCH', 'TUNE_FEATURES', 'DEFAULTTUNE', 'NATIVELSBSTRING',
    'ORIGNATIVELSBSTRING', 'BB_VERSION', 'LAYERSERIES_CORENAMES', 'METADATA_BRANCH', 'METADATA_REVISION', 'INHERIT',
    'USER_CLASSES', 'BBMULTICONFIG', 'BB_CURRENT_MC', 'BB_DEFAULT_TASK', 'BB_SIGNATURE_HANDLER', 'BB_NUMBER_THREADS',
    'BB_NUMBER_PARSE_THREADS', 'PARALLEL_MAKE', 'PARALLEL_MAKEINST', 'BB_SCHEDULER', 'BB_TASK_NICE_LEVEL',
    'BB_PRESSURE_MAX_CPU', 'BB_PRESSURE_MAX_IO', 'BB_PRESSURE_MAX_MEMORY', 'BB_LOADFACTOR_MAX', 'BB_NO_NETWORK', 'BUILDNAME',
    'TMPDIR',
)


def state(bb_event):
    """What of a running build must outlive this module: a resident server may load it anew."""
    return bb_event.__dict__.setdefault('_bakehouse_state', {'recorder': None, 'folder': None, 'warned': False, 'server': None})


def handle(event, d, bb):
    """The one entry of the class. `bb` is BitBake's package, given so that tests need none."""
    own = state(bb.event)
    name = type(event).__name__
    try:
        if name in ('CacheLoadStarted', 'ParseStarted'):
            _listen_early(bb, own)
        elif name == 'BuildInit':
            _begin(event, d, bb, own)
        elif name == 'BuildStarted':
            _build_started(event, d, bb, own)
        elif name == 'BuildCompleted':
            _build_completed(event, d, bb, own)
        elif name in ('CommandCompleted', 'CommandFailed', 'CommandExit', 'CookerExit'):
            _command_over(event, d, bb, own)
    except Exception as error:
        _give_up(bb, own, error)


def _give_up(bb, own, error):
    recorder, own['recorder'] = own['recorder'], None
    own['closed'] = True
    _deaf(bb, own)
    if recorder is not None:
        recorder.finish(None, now_ms(), 0)
    if not own['warned']:
        own['warned'] = True
        bb.warn('Bakehouse does not record this build: %s: %s' % (type(error).__name__, str(error)[:300]))


def _origin(d, name):
    """A variable of the environment that bitbake was called in, which never becomes part of the configuration."""
    environment = d.getVar('BB_ORIGENV', False)
    try:
        return environment.getVar(name, False) if environment is not None else None
    except Exception:
        return None


def _setting(d, name, default=''):
    value = d.getVar('BAKEHOUSE_' + name, True)
    return default if value is None else str(value).strip()


def _kinds(text):
    """'+packages -samples' changes what is on by default, a plain list replaces it."""
    default = ['counters', 'all-counters', 'samples', 'hashes', 'graph', 'layers', 'messages', 'failure-logs', 'qa-logs']
    words = text.split()
    if words and not any(word[0] in '+-' for word in words):
        return frozenset(word for word in words if word in ALL_KINDS)
    kinds = set(default)
    for word in words:
        (kinds.add if word[0] == '+' else kinds.discard)(word[1:])
    return frozenset(kind for kind in kinds if kind in ALL_KINDS)


def _facts(event, d):
    facts = Facts()
    get = lambda name: d.getVar(name, True) or None
    mc = get('BB_CURRENT_MC') or ''
    mc = '' if mc == 'default' else mc
    facts.name = get('BUILDNAME') or ''
    facts.machine = get('MACHINE')
    facts.distro = get('DISTRO')
    facts.distro_version = get('DISTRO_VERSION')
    distro = get('ORIGNATIVELSBSTRING') or get('NATIVELSBSTRING')
    facts.distro_id = None if distro is None or distro.startswith('universal') else distro
    facts.bitbake_version = get('BB_VERSION')
    default_task = 'do_' + (get('BB_DEFAULT_TASK') or 'build').replace('do_', '', 1)
    targets = []
    for target in getattr(event, '_pkgs', None) or (event.getPkgs() if hasattr(event, 'getPkgs') else ()):
        target = str(target)
        if target.endswith(':' + default_task):
            target = target[:-len(default_task) - 1]
        if target not in targets:
            targets.append(target)
    facts.targets = targets
    for name in VARIABLES:
        value = d.getVar(name, True)
        if value is not None:
            facts.variables[name] = str(value)[:8192]
    facts.layers = (get('BBLAYERS') or '').split()
    facts.topdir = (get('TOPDIR') or '').rstrip('/')
    facts.mc = mc
    facts.machines = {mc: facts.machine}
    facts.tmpdirs = {mc: get('TMPDIR') or ''}
    base = get('BUILDSTATS_BASE')
    if base and facts.name:
        facts.buildstats = {mc: os.path.join(base, facts.name)}
    facts.home = _origin(d, 'HOME') or os.environ.get('HOME') or ''
    facts.user = _origin(d, 'USER') or os.environ.get('USER') or ''
    facts.builder = _setting(d, 'BUILDER') or _origin(d, 'BAKEHOUSE_BUILDER') or None
    facts.builder_id = _setting(d, 'BUILDER_ID') or _origin(d, 'BAKEHOUSE_BUILDER_ID') or None
    facts.job_id = _origin(d, 'BAKEHOUSE_JOB') or None
    facts.reason = _origin(d, 'BAKEHOUSE_REASON') or None
    if _setting(d, 'CI', '1') not in ('0', 'no', 'off'):
        job = ci.job_of(lambda name: _origin(d, name))
        if facts.builder is None:
            # The page of a job is no id of a builder that was named otherwise.
            facts.builder, facts.builder_id = job.builder, facts.builder_id or job.builder_id
        facts.job_id = facts.job_id or job.url
        facts.reason = facts.reason or job.reason
    facts.kinds = _kinds(_setting(d, 'RECORD'))
    facts.running = _setting(d, 'PUSH', 'end').startswith('running')
    return facts


def _listen_early(bb, own):
    """Recipes are parsed before a build is a build: what is heard then, warnings and errors included, waits for BuildInit."""
    if own['recorder'] is None and own.get('early') is None:
        own['early'] = listener.hear(bb.event).listen()


def _deaf(bb, own):
    own['early'] = None
    ear = getattr(bb.event, '_bakehouse_ear', None)
    if ear is not None:
        ear.stop()


def _begin(event, d, bb, own):
    own['warned'] = False
    if own['recorder'] is not None:
        # The build before never said that it was over.
        _close(None, d, bb, own, None)
    if _setting(d, 'ENABLED', '1') in ('0', 'no', 'off'):
        _deaf(bb, own)
        return
    folder = _setting(d, 'DIR') or os.path.join(d.getVar('TOPDIR', True), 'bakehouse')
    if not os.path.isdir(folder):
        os.makedirs(folder)
    queue = own.get('early')
    if queue is None:
        queue = listener.hear(bb.event).listen()
    own['early'] = None
    facts = _facts(event, d)
    first = not own.get('built')
    own['built'] = True
    recorder = Recorder(folder, queue, facts, first_of_server=first)
    own.update(recorder=recorder, folder=folder, server=_origin(d, 'BAKEHOUSE_SERVER') or _setting(d, 'SERVER') or None,
               closed=False, merged=facts)
    own['pushing'] = None
    recorder.begin()
    if facts.running and own['server']:
        own['pushing'] = _push(d, own, True)


def _build_started(event, d, bb, own):
    if own['recorder'] is None:
        if own['warned'] or own.get('closed') is not False:
            return
        _begin(event, d, bb, own)
        if own['recorder'] is None:
            return
    recorder = own['recorder']
    recorder.started_mcs += 1
    facts = _facts(event, d)
    if own['merged'].targets:
        # BuildInit has them as they were asked for; here each target of a multiconfig is listed twice.
        facts.targets = own['merged'].targets
    if recorder.started_mcs > 1:
        # One more multiconfig: its folders are added, and the facts of the default one stay.
        first = own['merged']
        # New ones each time: the writer's thread may just be reading those that are there.
        first.tmpdirs = dict(first.tmpdirs, **facts.tmpdirs)
        first.buildstats = dict(first.buildstats, **facts.buildstats)
        first.machines = dict(first.machines, **facts.machines)
        if facts.mc != first.mc:
            # As variablesOf of src/formats/eventlog/assemble.ts has them.
            first.variables = dict(first.variables, **dict(('mc:%s:%s' % (facts.mc, name), value) for name, value in facts.variables.items()
                                                           if first.variables.get(name) != value))
        facts = first
    own['merged'] = facts
    recorder.update(facts)


def _build_completed(event, d, bb, own):
    recorder = own['recorder']
    if recorder is None:
        return
    recorder.completed_mcs += 1
    recorder.interrupted = max(recorder.interrupted, int(getattr(event, '_interrupted', 0) or 0))


def _command_over(event, d, bb, own):
    name = type(event).__name__
    error = None
    if name == 'CommandFailed':
        error = str(getattr(event, 'error', ''))
    elif name == 'CommandExit':
        error = 'exit code %s' % getattr(event, 'exitcode', 1)
    elif name == 'CookerExit':
        # A server that ends with a build open was told to: SIGTERM, or its last user interface went away.
        error = 'Forced shutdown'
    if own['recorder'] is None and own.get('early') is not None and name == 'CommandFailed':
        _never_begun(event, d, bb, own)
    if own['recorder'] is not None:
        _close(event, d, bb, own, error)
    else:
        _deaf(bb, own)
        own['warned'] = False


def _never_begun(event, d, bb, own):
    """Recipes that cannot be parsed: bitbake gives up before there is a build, and only its command line says what was asked for."""
    words = d.getVar('BB_CMDLINE', False)
    targets = _targets_of(words) if isinstance(words, (list, tuple)) else []
    errors = [heard for _, heard in list(own['early']) if isinstance(heard, logging.LogRecord) and heard.levelno >= logging.ERROR]
    if not targets or not errors:
        return
    made = type('BuildInit', (object,), {})()
    made._pkgs = targets
    _begin(made, d, bb, own)
    if own['recorder'] is not None:
        own['recorder'].unparsed = errors[0].getMessage().strip()[:1000]


def _targets_of(words):
    """The targets of a command line; none where it asks for something else than a build."""
    targets = []
    words = list(words)
    # bitbake-layers and devtool parse as well, and their words are no targets.
    if not words or os.path.basename(str(words.pop(0))) != 'bitbake':
        return []
    while words:
        word = str(words.pop(0))
        if word in _NO_BUILD or (word[:2] in _NO_BUILD and not word.startswith('--')):
            return []
        if word in _WITH_VALUE:
            del words[:1]
        elif not word.startswith('-'):
            targets.append(word)
    return targets


def _say(bb, own, outcome, over, drained):
    """The lines on the console. What is wrong with the history is no reason to lose a record."""
    recorder = own['recorder']
    facts = own['merged']
    kind = (recorder.build_type() or {}).get('kind', '')
    # A build of everything and one of nothing have no usual in common.
    configuration = '|'.join([facts.machine or '', facts.distro or '', ' '.join(sorted(facts.targets or ())),
                              kind if recorder.executed or recorder.from_sstate else 'nothing'])
    past = history.History(own['folder'])
    usual, count = past.usual(configuration)
    told = {
        'durationMs': over - recorder.started_ms,
        'outcome': outcome,
        # A writer that has not come so far yet knows no number, and its build is nobody's usual.
        'executed': recorder.executed if drained else None,
        'fromSstate': recorder.from_sstate,
        'failure': None,
        'failures': len(recorder.failures),
    }
    if recorder.unparsed:
        told['failure'] = recorder.unparsed.split('\n')[0]
    elif recorder.failures:
        pn, task, why, _key = recorder.failures[0]
        where = ':'.join(part for part in (pn, task) if part)
        told['failure'] = ': '.join(part for part in (where, why) if part)
    server = own['server']
    url = '%s/b/%s' % (server.rstrip('/'), short_id(recorder.record.id)) if server else None
    why_url = None
    if url and recorder.failures:
        why_url = _failure_url(recorder.record.folder, server)
        key = recorder.failures[0][3]
        if why_url is None and key is not None:
            why_url = '%s/f/%s.%s' % (server.rstrip('/'), short_id(recorder.record.id), key)
    lines = history.closing_lines(told, usual, count, url, why_url)
    if not url:
        lines.append('Bakehouse: recorded in %s' % recorder.record.folder)
    for line in lines:
        bb.plain(line)
    if not drained:
        return
    try:
        past.add({'configuration': configuration, 'durationMs': told['durationMs'], 'outcome': outcome, 'executed': told['executed'],
                  'startedMs': recorder.started_ms, 'id': recorder.record.id})
    except (IOError, OSError):
        pass


def _failure_url(folder, server):
    """
    What the server told push-build-results of the first failure, where it sends the build while it runs (push.json beside the record): the address
    by which others know the server. Where it told none, the address is made here, as that of the build is.
    """
    try:
        with open(os.path.join(folder, 'push.json'), 'rb') as file:
            known = json.loads(file.read(_PUSH_JSON_MAX).decode('utf-8'))['servers'][server.rstrip('/')]['failureUrl']
    except Exception:
        # None, or half of one, or what somebody else put there: no address then.
        return None
    return known if isinstance(known, str) and _WEB_ADDRESS.match(known) else None


def _close(event, d, bb, own, error):
    recorder = own['recorder']
    until = time.time() + _WAIT_S
    drained = event is not None and recorder.drain(_WAIT_S)
    if recorder.error is not None:
        raise recorder.error
    over = now_ms()
    outcome = recorder.outcome(error) if event is not None else None
    ear = getattr(bb.event, '_bakehouse_ear', None)
    dropped = ear.dropped if ear is not None else 0
    _deaf(bb, own)
    if event is not None:
        _say(bb, own, outcome, over, drained)
    own['recorder'] = None
    own['closed'] = True
    # What takes longer goes on beside the server, and is looked for again by whoever pushes the record.
    recorder.finish(outcome, over, max(0.05, until - time.time()), dropped)
    if recorder.error is not None:
        own['recorder'] = recorder
        raise recorder.error
    if event is not None:
        # One that pushes the running build sees its end by itself.
        pushing = own.get('pushing')
        if pushing is None or pushing.poll() is not None:
            own['pushing'] = _push(d, own, recorder.is_alive(), recorder.record.folder)


def _push(d, own, running, folder=None):
    """
    Starts push-build-results as a process of its own: in a session of its own, with nothing of ours open. It sends the record, if it may,
    and removes old ones. With `running` it goes on until the record has its end.
    """
    folder = folder or own['recorder'].record.folder
    tool = _setting(d, 'TOOL')
    if not tool or not os.path.exists(tool):
        return None
    # BitBake to 2.6 starts its server under the name bitbake-server, and Python then takes that program for itself.
    python = sys.executable if os.path.basename(sys.executable or '').startswith('python') else 'python3'
    arguments = [python, tool, '--quiet']
    words = _setting(d, 'PUSH', 'end').split() or ['end']
    keep = [word for word in _setting(d, 'KEEP').split() if _KEEP.match(word)]
    if own['server'] and words[0] != 'no':
        arguments += ['--server', own['server']]
        visibility = _setting(d, 'VISIBILITY')
        if visibility in ('public', 'unlisted', 'private'):
            arguments += ['--visibility', visibility]
        if _setting(d, 'SEND'):
            arguments += ['--send', _setting(d, 'SEND')]
        if running:
            seconds = int(words[1]) if len(words) > 1 and _SECONDS.match(words[1]) else _PUSH_EVERY_S
            arguments += ['--every', str(max(10, seconds))]
        if keep:
            arguments += ['--keep', ' '.join(keep)]
    elif keep:
        # Nobody takes them, so what is not sent goes as well.
        arguments += ['--prune', '--prune-unsent', '--keep', ' '.join(keep)]
    else:
        return None
    environment = dict((name, value) for name, value in (
        (name, _origin(d, name)) for name in (
            'HOME', 'USER', 'PATH', 'LANG', 'LC_ALL', 'http_proxy', 'https_proxy', 'no_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY',
            'SSL_CERT_FILE', 'SSL_CERT_DIR', 'XDG_CONFIG_HOME', 'BAKEHOUSE_TOKEN', 'BAKEHOUSE_TOKEN_FILE')) if value)
    environment.setdefault('PATH', os.environ.get('PATH', '/usr/bin:/bin'))
    try:
        with open(os.path.join(folder, 'push.log'), 'ab') as log:
            return subprocess.Popen(arguments + [folder], stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, env=environment,
                                    close_fds=True, start_new_session=True, cwd='/')
    except (OSError, IOError):
        # The record is there, and is sent the next time.
        return None
