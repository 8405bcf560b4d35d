"""Facts of the host and of the layers. Everything here may be slow or fail; it runs in the writer thread, and None is "not recorded"."""
import hashlib
import os
import platform
import socket
import subprocess
import time

_GIT_S = 10
_LAYERS_S = 30


def host_id(name):
    """As src/collector/origin.ts: the same host has the same id whoever computes it."""
    return hashlib.sha256(b'bakehouse host 1\0' + name.encode('utf-8')).hexdigest()[:16]


def host_facts(distro=None):
    name = platform.node() or None
    return {
        'name': name,
        'id': host_id(name) if name else None,
        'kernel': platform.release() or None,
        'arch': platform.machine() or None,
        'distro': distro,
        'cores': _cores(),
        'memoryBytes': _memory(),
        'cpuModel': _cpu_model(),
    }


def host_names():
    """(short, full) name of this host, without asking the network: '' where there is none."""
    name = platform.node() or ''
    try:
        full = socket.gethostname()
    except (OSError, UnicodeError):
        full = name
    longer = full if '.' in full else (name if '.' in name else '')
    return (longer or name).split('.')[0], longer


def _cores():
    try:
        return len(os.sched_getaffinity(0))
    except (AttributeError, OSError):
        return os.cpu_count()


def _memory():
    try:
        return os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES')
    except (ValueError, OSError):
        return None


def _cpu_model():
    try:
        with open('/proc/cpuinfo', 'r') as handle:
            for line in handle.read(65536).split('\n'):
                key, _, value = line.partition(':')
                if key.strip() in ('model name', 'Model', 'cpu model'):
                    return value.strip() or None
    except (IOError, OSError, UnicodeDecodeError):
        return None
    return None


def layers(paths, seconds=_LAYERS_S):
    """Branch, commit and modified flag of the repository of each layer, each repository asked once. Git alone is run, never through a shell."""
    asked = {}
    found = []
    until = time.time() + seconds
    for path in paths:
        # A file system that answers slowly does so for every layer: those that are left are not recorded.
        top = _git(path, until, 'rev-parse', '--show-toplevel')
        if top not in asked:
            asked[top] = (None, None, None) if top is None else (
                _git(path, until, 'rev-parse', '--abbrev-ref', 'HEAD'),
                _git(path, until, 'rev-parse', 'HEAD'),
                _modified(path, until),
            )
        branch, commit, modified = asked[top]
        found.append({'name': os.path.basename(path.rstrip('/')), 'branch': branch, 'commit': commit, 'modified': modified})
    return found


def _run(path, until, arguments):
    seconds = min(_GIT_S, until - time.time())
    if seconds <= 0:
        return None, ''
    environment = dict(os.environ, GIT_OPTIONAL_LOCKS='0', GIT_TERMINAL_PROMPT='0', LC_ALL='C')
    process = subprocess.Popen(
        ['git', '-C', path] + list(arguments), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        env=environment, close_fds=True)
    try:
        out, _ = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return None, ''
    return process.returncode, out.decode('utf-8', 'replace').strip()


def _git(path, until, *arguments):
    try:
        code, out = _run(path, until, arguments)
    except (OSError, ValueError):
        return None
    return out if code == 0 and out else None


def _modified(path, until):
    """Tracked files alone, as BitBake's own banner counts."""
    try:
        code, _ = _run(path, until, ('diff', '--quiet', 'HEAD'))
    except (OSError, ValueError):
        return None
    return {0: False, 1: True}.get(code)


def process_start(pid):
    """What tells a process from a later one of the same number; None where /proc does not say."""
    try:
        with open('/proc/%d/stat' % pid, 'r') as handle:
            return int(handle.read(4096).rpartition(')')[2].split()[19])
    except (IOError, OSError, ValueError, IndexError):
        return None


def process_start_ms(pid):
    """When a process began, ms since 1970, within 10 ms; None where /proc does not say."""
    ticks = process_start(pid)
    try:
        with open('/proc/uptime', 'r') as handle:
            up = float(handle.read(200).split()[0])
        return None if ticks is None else int(round((time.time() - up + ticks / float(os.sysconf('SC_CLK_TCK'))) * 1000))
    except (IOError, OSError, ValueError, IndexError):
        return None
