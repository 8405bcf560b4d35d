"""Reads what buildstats.bbclass wrote: task files, and frames of sample files (docs/formats/buildstats.md)."""
import os
import re

# Task files are 0.8 KB; one that was appended to by reruns is some KB.
_TASK_FILE_BYTES_MAX = 1 << 20
_KEY = re.compile(r'^[A-Za-z][\w .()/%-]*$')
_WORDS = re.compile(r'[^a-z0-9_%]+')
_NUMBER_VALUE = re.compile(r'^\s*(-?\d+(?:\.\d+)?)\s*$')
# What the reader computes itself stands under these names.
_DERIVED = frozenset(('walltime', 'cputime', 'read_bytes', 'write_bytes', 'read_ops', 'write_ops', 'effective_cores'))
_NO_METRICS = frozenset(('Event', 'Started', 'Ended', 'Status', 'Elapsed time'))
# Of the kind all-counters: docs/formats/record.md, "Kinds". push-build-results and src/formats/record/kinds.ts have the same list; a test holds them.
NOISY = frozenset(('io.rchar', 'io.wchar', 'io.syscr', 'io.syscw', 'io.cancelled_write_bytes') + tuple(
    group + name for group in ('rusage.ru_', 'child_rusage.ru_') for name in ('minflt', 'majflt', 'nvcsw', 'nivcsw')))
_ids = {}


def metric_id(key):
    """'IO read_bytes' -> 'io.read_bytes', 'Child rusage ru_utime' -> 'child_rusage.ru_utime'; None for what is no metric."""
    known = _ids.get(key)
    if known is None:
        name = ''
        if key not in _NO_METRICS and _KEY.match(key):
            words = [word for word in _WORDS.split(key.lower()) if word]
            if words:
                last = words.pop()
                name = '_'.join(words) + '.' + last if words else ('file.' + last if last in _DERIVED else last)
        if len(_ids) < 10000:
            _ids[key] = name
        known = name
    return known or None


def read_task_file(path):
    """
    The last run in a task file: {'start': ms or None, 'end': ms or None, 'failed': bool, 'metrics': {id: number}}, or None where there is
    no such file or nothing in it.
    """
    try:
        with open(path, 'rb') as handle:
            text = handle.read(_TASK_FILE_BYTES_MAX).decode('utf-8', 'replace')
    except (IOError, OSError):
        return None
    # A task that ran twice under one BUILDNAME appends; the last one is this one's.
    at = text.rfind('Event: TaskStarted')
    if at > 0:
        text = text[at:]
    run = {'start': None, 'end': None, 'failed': False, 'metrics': {}}
    metrics = run['metrics']
    any_line = False
    for line in text.split('\n'):
        key, colon, value = line.partition(':')
        if not colon:
            continue
        any_line = True
        if key == 'Started':
            run['start'] = _ms(value)
        elif key == 'Ended':
            run['end'] = _ms(value)
        elif key == 'Status':
            run['failed'] = 'FAILED' in value
        else:
            name = metric_id(key)
            if name is None:
                continue
            number = _NUMBER_VALUE.match(value)
            if number is not None:
                text_of = number.group(1)
                # The kernel counts microseconds; the digits after them are those of a double on its way to text, and cost eight bytes.
                metrics[name] = round(float(text_of), 6) if '.' in text_of else int(text_of)
    return run if any_line else None


def _ms(value):
    try:
        return int(round(float(value) * 1000))
    except ValueError:
        return None


SAMPLE_FILES = (
    'reduced_proc_stat.log',
    'reduced_proc_diskstats.log',
    'reduced_proc_meminfo.log',
    'reduced_proc_net.log',
    'monitor_disk.log',
    'reduced_proc_pressure/cpu.log',
    'reduced_proc_pressure/io.log',
    'reduced_proc_pressure/memory.log',
)
# A number that stands alone: between blanks, colons, commas, percent signs or the ends of its line.
_NUMBER = re.compile(r'(?<![^\s:,%=])-?[0-9]+(?:\.[0-9]+)?(?![^\s:,%])')
_READ_BYTES_MAX = 8 << 20


class SampleFile(object):
    """Frames of one sample file, read on from where it was left."""

    def __init__(self, folder, name):
        self.name = name
        self._path = os.path.join(folder, name)
        self._offset = 0
        self._rest = ''

    def read(self, last=False):
        """Yields (lines, rows): the template of successive frames, and the numbers of each. With `last` the frame at the end counts as whole."""
        while True:
            try:
                with open(self._path, 'rb') as handle:
                    handle.seek(self._offset)
                    data = handle.read(_READ_BYTES_MAX)
            except (IOError, OSError):
                return
            self._offset += len(data)
            more = len(data) == _READ_BYTES_MAX
            for frames in self._frames(data, last and not more):
                yield frames
            if not more:
                return

    def _frames(self, data, last):
        text = self._rest + data.decode('latin-1')
        if last:
            self._rest = ''
        else:
            cut = text.rfind('\n\n')
            if cut < 0:
                self._rest = text
                return
            text, self._rest = text[:cut], text[cut:]
        template = None
        rows = []
        for frame in re.split(r'\n{2,}', text):
            frame = frame.strip('\n')
            if not frame:
                continue
            numbers = [_value(number) for number in _NUMBER.findall(frame)]
            lines = _NUMBER.sub('#', frame).split('\n')
            if lines != template or (rows and len(numbers) != len(rows[0])):
                if rows:
                    yield template, rows
                template, rows = lines, []
            rows.append(numbers)
        if rows:
            yield template, rows


def _value(text):
    return float(text) if '.' in text else int(text)
