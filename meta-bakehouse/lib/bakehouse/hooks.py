"""
What the class calls, in BitBake's server process. Whatever goes wrong in here costs the record and one warning, never the build: nothing
raises, nothing waits longer than a second.
"""
import os
import subprocess
import sys
import time

from . import history, listener
from .record import now_ms, short_id
from .recorder import Facts, Recorder

_WAIT_S = 1.0

ALL_KINDS = ('counters', 'samples', 'hashes', 'graph', 'layers', 'messages', 'failure-logs', 'qa-logs', 'success-logs',
             'pseudo', 'host-stats', 'packages', 'images', 'scratch')

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
        if name == 'BuildInit':
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
    ear = getattr(bb.event, '_bakehouse_ear', None)
    if ear is not None:
        ear.stop()
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
    default = ['counters', 'samples', 'hashes', 'graph', 'layers', 'messages', 'failure-logs', 'qa-logs']
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
    facts.tmpdirs = {mc: get('TMPDIR') or ''}
    base = get('BUILDSTATS_BASE')
    if base and facts.name:
        facts.buildstats = {mc: os.path.join(base, facts.name)}
    facts.home = _origin(d, 'HOME') or os.environ.get('HOME') or ''
    facts.user = _origin(d, 'USER') or os.environ.get('USER') or ''
    facts.builder = _setting(d, 'BUILDER') or _origin(d, 'BAKEHOUSE_BUILDER') or None
    facts.builder_id = _setting(d, 'BUILDER_ID') or _origin(d, 'BAKEHOUSE_BUILDER_ID') or None
    facts.job_id = _origin(d, 'BAKEHOUSE_JOB') or None
    facts.kinds = _kinds(_setting(d, 'RECORD'))
    facts.running = _setting(d, 'PUSH', 'end') == 'running'
    return facts


def _begin(event, d, bb, own):
    own['warned'] = False
    if own['recorder'] is not None:
        # The build before never said that it was over.
        _close(None, d, bb, own, None)
    if _setting(d, 'ENABLED', '1') in ('0', 'no', 'off'):
        return
    folder = _setting(d, 'DIR') or os.path.join(d.getVar('TOPDIR', True), 'bakehouse')
    if not os.path.isdir(folder):
        os.makedirs(folder)
    ear = listener.hear(bb.event)
    facts = _facts(event, d)
    recorder = Recorder(folder, ear.listen(), facts)
    own.update(recorder=recorder, folder=folder, server=_origin(d, 'BAKEHOUSE_SERVER') or _setting(d, 'SERVER') or None,
               closed=False, merged=facts)
    recorder.begin()


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
        first.tmpdirs.update(facts.tmpdirs)
        first.buildstats.update(facts.buildstats)
        facts = first
    own['merged'] = facts
    recorder.update(facts)


def _build_completed(event, d, bb, own):
    recorder = own['recorder']
    if recorder is None:
        return
    recorder.completed_mcs += 1
    if recorder.completed_mcs >= recorder.started_mcs:
        _say(d, bb, own, None)


def _command_over(event, d, bb, own):
    if own['recorder'] is not None:
        _close(event, d, bb, own, getattr(event, 'error', None))


def _say(d, bb, own, error):
    """The lines on the console; once a build."""
    recorder = own['recorder']
    if own.get('said') is recorder:
        return
    own['said'] = recorder
    recorder.drain(_WAIT_S)
    over = now_ms()
    own['over'] = over
    facts = own['merged']
    outcome = recorder.outcome(error)
    configuration = '|'.join([facts.machine or '', facts.distro or '', ' '.join(sorted(facts.targets or ()))])
    past = history.History(own['folder'])
    usual, count = past.usual(configuration)
    told = {
        'durationMs': over - recorder.started_ms,
        'outcome': outcome,
        'executed': recorder.executed,
        'fromSstate': recorder.from_sstate,
        'failure': None,
        'failures': len(recorder.failures),
    }
    if recorder.failures:
        pn, task, why = recorder.failures[0]
        where = ':'.join(part for part in (pn, task) if part)
        told['failure'] = ': '.join(part for part in (where, why) if part)
    server = own['server']
    url = '%s/b/%s' % (server.rstrip('/'), short_id(recorder.record.id)) if server else None
    lines = history.closing_lines(told, usual, count, url)
    if not url:
        lines.append('Bakehouse: recorded in %s' % recorder.record.folder)
    for line in lines:
        bb.plain(line)
    past.add({'configuration': configuration, 'durationMs': told['durationMs'], 'outcome': outcome, 'executed': told['executed'],
              'startedMs': recorder.started_ms, 'id': recorder.record.id})


def _close(event, d, bb, own, error):
    recorder = own['recorder']
    if recorder.error is not None:
        raise recorder.error
    if event is not None:
        _say(d, bb, own, error)
    own['recorder'] = None
    own['closed'] = True
    ear = getattr(bb.event, '_bakehouse_ear', None)
    dropped = ear.dropped if ear is not None else 0
    if ear is not None:
        ear.stop()
    if dropped:
        recorder._problem('error', 'events-dropped', '%d events came faster than they were recorded and are not in the record.' % dropped)
    recorder.finish(recorder.outcome(error) if event is not None else None, own.get('over') or now_ms(), _WAIT_S)
    if event is not None and _setting(d, 'PUSH', 'end') != 'no':
        _push(d, own, recorder)


def _push(d, own, recorder):
    """Starts the push as a process of its own: in a session of its own, with nothing of ours open."""
    if not own['server']:
        return
    tool = _setting(d, 'TOOL')
    if not tool or not os.path.exists(tool):
        return
    environment = dict((name, value) for name, value in (
        (name, _origin(d, name)) for name in (
            'HOME', 'USER', 'PATH', 'LANG', 'LC_ALL', 'http_proxy', 'https_proxy', 'no_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY',
            'SSL_CERT_FILE', 'SSL_CERT_DIR', 'XDG_CONFIG_HOME', 'BAKEHOUSE_TOKEN', 'BAKEHOUSE_TOKEN_FILE')) if value)
    environment.setdefault('PATH', os.environ.get('PATH', '/usr/bin:/bin'))
    arguments = [sys.executable or 'python3', tool, '--quiet', '--server', own['server']]
    for option, setting in (('--visibility', 'VISIBILITY'), ('--send', 'SEND'), ('--keep', 'KEEP')):
        value = _setting(d, setting)
        if value:
            arguments += [option, value]
    arguments.append(recorder.record.folder)
    with open(os.path.join(recorder.record.folder, 'push.log'), 'ab') as log:
        subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, env=environment,
                         close_fds=True, start_new_session=True, cwd='/')
