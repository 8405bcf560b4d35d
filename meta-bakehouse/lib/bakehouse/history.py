"""The local past of builds, and the three lines at the end of a build. No network."""
import json
import os

_KEPT = 2000
_USUAL_OF = 20
_USUAL_MIN = 3


def duration(ms):
    """62 min as '1 h 02 min'."""
    seconds = int(round(ms / 1000.0))
    if seconds < 60:
        return '%d s' % seconds
    minutes, seconds = divmod(seconds, 60)
    if minutes < 60:
        return '%d min %02d s' % (minutes, seconds)
    hours, minutes = divmod(minutes, 60)
    return '%d h %02d min' % (hours, minutes)


def counted(n, noun):
    text = '{:,}'.format(n)
    return text + ' ' + noun + ('' if n == 1 else 's')


class History(object):
    """`history.jsonl`: a line a build, the oldest go."""

    def __init__(self, folder):
        self._path = os.path.join(folder, 'history.jsonl')

    def _lines(self):
        try:
            with open(self._path, 'r') as handle:
                lines = handle.read(8 << 20).split('\n')
        except (IOError, OSError, UnicodeDecodeError):
            return []
        builds = []
        for line in lines:
            try:
                build = json.loads(line)
            except ValueError:
                continue
            if isinstance(build, dict):
                builds.append(build)
        return builds

    def usual(self, configuration):
        """(median duration in ms, of how many builds) of the last 20 succeeded ones of the same configuration; (None, n) where there are under 3."""
        past = [build['durationMs'] for build in self._lines()
                if build.get('configuration') == configuration and build.get('outcome') == 'succeeded'
                and isinstance(build.get('durationMs'), (int, float))][-_USUAL_OF:]
        if len(past) < _USUAL_MIN:
            return None, len(past)
        past.sort()
        middle = len(past) // 2
        return (past[middle] if len(past) % 2 else (past[middle - 1] + past[middle]) / 2.0), len(past)

    def add(self, build):
        builds = self._lines()
        line = json.dumps(build, sort_keys=True) + '\n'
        if len(builds) < _KEPT:
            with open(self._path, 'a') as handle:
                handle.write(line)
            return
        with open(self._path + '.new', 'w') as handle:
            for kept in builds[-_KEPT // 2:]:
                handle.write(json.dumps(kept, sort_keys=True) + '\n')
            handle.write(line)
        os.rename(self._path + '.new', self._path)


def closing_lines(facts, usual_ms, usual_of, url, failure_url=None):
    """
    At most four lines. facts: durationMs, outcome, executed, fromSstate, failure ('recipe:task: why' or None), failures.
    """
    words = [duration(facts['durationMs'])]
    if usual_ms and facts['outcome'] == 'succeeded':
        change = facts['durationMs'] / float(usual_ms) - 1
        words.append('%+d %% against the usual of %d builds' % (round(change * 100), usual_of))
    elif facts['outcome'] == 'succeeded':
        words.append('no usual yet (%d of %d builds like it)' % (usual_of, _USUAL_MIN))
    else:
        words.append(facts['outcome'].replace('-', ' '))
    if facts['executed'] is None:
        did = 'not all recorded yet'
    else:
        did = _did(facts)
    lines = ['Bakehouse: ' + ', '.join(words) + ': ' + did]
    if facts['failure']:
        more = facts['failures'] - 1
        lines.append('Bakehouse: ' + facts['failure'][:300] + (' (and %s)' % counted(more, 'more failure') if more > 0 else ''))
    if url:
        lines.append('Bakehouse: ' + url)
    if failure_url and facts['failures']:
        lines.append('Bakehouse: why: ' + failure_url)
    return lines


def _did(facts):
    if facts['outcome'] == 'succeeded' and not facts['executed'] and not facts['fromSstate']:
        return 'nothing to do'
    did = counted(facts['executed'], 'task') + ' run'
    return did + ', {:,} from sstate'.format(facts['fromSstate']) if facts['fromSstate'] else did
