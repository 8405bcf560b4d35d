"""
Scrubber version 1 (docs/formats/record.md): what is taken out of texts and logs before anybody else reads them. The cases of
fixtures/record/scrub.json hold for this and for src/formats/record/scrub.ts.
"""
import re

VERSION = 1

_COMMON_USERS = frozenset(('root', 'build', 'builder', 'user', 'yocto', 'bitbake'))
_NAME_CHARS_MIN = 3
# The look behind keeps it from starting in the middle of a long word, and what may stand before the @ ends at what cannot be in it:
# no text takes more than its length.
_CREDENTIALS = re.compile(r'(?<![A-Za-z0-9+.-])([A-Za-z][A-Za-z0-9+.-]{0,30}://)[^\s/?#"\'<>@]{1,2000}@')


class Scrubber(object):
    """Paths and names of this host; '' or None where there is none. tmpdirs: those that are not below topdir."""

    def __init__(self, topdir='', tmpdirs=(), home='', host='', full_host='', user=''):
        self._steps = []
        paths = [(topdir, 'TOPDIR')] + [(tmp, 'TMPDIR') for tmp in tmpdirs] + [(home, 'HOME')]
        paths = [((path or '').rstrip('/'), word) for path, word in paths]
        # A home above TOPDIR must not take the beginning of it.
        for path, word in sorted(paths, key=lambda entry: len(entry[0]), reverse=True):
            if path:
                self._steps.append((re.compile(re.escape(path) + r'(?![A-Za-z0-9_.+~@%-])'), word))
        for name, word in ((full_host, 'HOST'), (host, 'HOST'), ('' if user in _COMMON_USERS else user, 'USER')):
            if name and len(name) >= _NAME_CHARS_MIN:
                self._steps.append((re.compile('(?<![A-Za-z0-9_])%s(?![A-Za-z0-9_])' % re.escape(name)), word))

    def text(self, text):
        if '@' in text:
            text = _CREDENTIALS.sub(r'\1***@', text)
        for pattern, word in self._steps:
            text = pattern.sub(word, text)
        return text

    def log(self, data):
        """The same for the bytes of a log, whatever their encoding: bytes that are no UTF-8 come through as they are."""
        return self.text(data.decode('utf-8', 'surrogateescape')).encode('utf-8', 'surrogateescape')
