"""A record on disk (docs/formats/record.md): lines that are whole or not there, blobs by their content."""
import base64
import gzip
import hashlib
import io
import json
import os
import re
import time
import uuid

from . import WRITER

# Of a log: the head says how the task was run, the tail how it ended.
LOG_HEAD_BYTES = 256 << 10
LOG_TAIL_BYTES = 4 << 20
_NOT_IN_NAMES = re.compile(r'[^A-Za-z0-9._+-]')
_CROCKFORD = '0123456789abcdefghjkmnpqrstvwxyz'


def short_id(build_id):
    """The first 80 bits of the UUID as 16 characters, for an address."""
    bits = int(build_id.replace('-', '')[:20], 16)
    text = ''
    for _ in range(16):
        text = _CROCKFORD[bits & 31] + text
        bits >>= 5
    return text


class Record(object):
    """Appends to `<folder>/record.jsonl`. Raises OSError where the disk is full or the folder read-only: the caller stops then."""

    def __init__(self, parent, name, now=None):
        self.id = str(uuid.uuid4())
        # BUILDNAME is anybody's to set, and a folder's name here.
        self.folder = os.path.join(parent, '%s-%s' % (_NOT_IN_NAMES.sub('_', name)[:100].lstrip('.') or 'build', self.id[:8]))
        os.makedirs(os.path.join(self.folder, 'blobs'))
        self._write_private('secret', base64.urlsafe_b64encode(os.urandom(32)).rstrip(b'=') + b'\n')
        # Unbuffered and appending: one line is one write, so a record that is cut has whole lines and one torn one at most.
        self._file = open(os.path.join(self.folder, 'record.jsonl'), 'ab', buffering=0)
        self.line({'type': 'record', 'format': 1, 'id': self.id, 'writer': WRITER})
        self.started_ms = now if now is not None else now_ms()

    def line(self, line):
        data = json.dumps(line, ensure_ascii=True, separators=(',', ':'), sort_keys=False).encode('ascii') + b'\n'
        view = memoryview(data)
        while len(view):
            view = view[self._file.write(view):]

    def local(self, facts):
        """What only this machine needs to know of the build, for whoever pushes it; never sent."""
        self._write_private('local.json', json.dumps(facts, sort_keys=True, indent=1).encode('utf-8'))

    def blob(self, data):
        """Keeps the bytes; returns their hash."""
        name = hashlib.sha256(data).hexdigest()
        path = os.path.join(self.folder, 'blobs', name)
        if not os.path.exists(path):
            packed = io.BytesIO()
            with gzip.GzipFile(filename='', mode='wb', compresslevel=6, fileobj=packed, mtime=0) as out:
                out.write(data)
            with open(path + '.new', 'wb') as out:
                out.write(packed.getvalue())
            os.rename(path + '.new', path)
        return name

    def close(self):
        self._file.close()

    def _write_private(self, name, data):
        path = os.path.join(self.folder, name)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            os.write(handle, data)
        finally:
            os.close(handle)


def read_log(path):
    """(bytes, original size or None) of a log: whole, or its head and tail with a line between that says what is left out."""
    with open(path, 'rb') as log:
        size = os.fstat(log.fileno()).st_size
        if size <= LOG_HEAD_BYTES + LOG_TAIL_BYTES:
            return log.read(LOG_HEAD_BYTES + LOG_TAIL_BYTES), None
        head = log.read(LOG_HEAD_BYTES)
        log.seek(size - LOG_TAIL_BYTES)
        tail = log.read(LOG_TAIL_BYTES)
    left_out = size - len(head) - len(tail)
    return head + ('\n[... %d bytes left out ...]\n' % left_out).encode('ascii') + tail, size


def now_ms():
    return int(round(time.time() * 1000))
