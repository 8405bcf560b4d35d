"""The optional kinds: sizes of packages, of images without their extra space, and of the scratch directory. Off by default; bounded."""
import json
import os
import time

_FILES_MAX = 2000000
_SECONDS_MAX = 30
_PACKAGES_MAX = 100000


def lines(facts, kinds, recipes, pns, images, blob):
    """Yields `size` lines. recipes: {(mc, pf): number}; pns: {(mc, pn)} of them; blob keeps bytes and gives their hash."""
    until = time.time() + _SECONDS_MAX
    if 'packages' in kinds:
        for line in _packages(facts, recipes, pns, blob, until):
            yield line
    if 'images' in kinds:
        for line in _images(facts, images):
            yield line
    if 'scratch' in kinds:
        for mc, tmpdir in sorted(facts.tmpdirs.items()):
            total, files = _tree(tmpdir, until)
            if total is not None:
                yield {'type': 'size', 'kind': 'scratch', 'name': 'tmp' + ('-' + mc if mc else ''), 'recipe': None, 'pf': None,
                       'mc': mc, 'bytes': total, 'files': files, 'fileList': None}


def _packages(facts, recipes, pns, blob, until):
    """pkgdata/runtime of the machine: PKGSIZE in bytes, FILES_INFO a JSON of path -> bytes. Of recipes of this build: others lie there too."""
    count = 0
    for mc, tmpdir in sorted(facts.tmpdirs.items()):
        folder = os.path.join(tmpdir, 'pkgdata', facts.machines.get(mc) or facts.machine or '', 'runtime')
        try:
            names = sorted(os.listdir(folder))
        except (IOError, OSError):
            continue
        for name in names:
            if count >= _PACKAGES_MAX or time.time() > until:
                return
            if name.endswith('.packaged'):
                continue
            fields = _fields(os.path.join(folder, name))
            if (mc, fields.get('PN')) not in pns:
                continue
            size = next((value for key, value in fields.items() if key.startswith('PKGSIZE')), None)
            if size is None or not size.isdigit():
                continue
            info = next((value for key, value in fields.items() if key.startswith('FILES_INFO')), None)
            files = None
            listed = None
            try:
                inside = json.loads(info) if info else None
                if isinstance(inside, dict):
                    files = len(inside)
                    listed = blob(json.dumps(inside, sort_keys=True, separators=(',', ':')).encode('utf-8'))
            except ValueError:
                listed = None
            count += 1
            pn, pv, pr = fields.get('PN'), fields.get('PV'), fields.get('PR')
            pf = '%s-%s-%s' % (pn, pv, pr)
            number = recipes.get((mc, pf))
            yield {'type': 'size', 'kind': 'package', 'name': name, 'recipe': number, 'pf': None if number is not None else pf,
                   'mc': mc, 'bytes': int(size), 'files': files, 'fileList': listed}


def _fields(path):
    fields = {}
    try:
        with open(path, 'rb') as handle:
            text = handle.read(8 << 20).decode('utf-8', 'replace')
    except (IOError, OSError):
        return fields
    for line in text.split('\n'):
        key, colon, value = line.partition(': ')
        if colon:
            fields[key] = value
    return fields


def _images(facts, images):
    """The root file system before an image is made of it has no extra space: what installed files take, from the image's own folder."""
    for mc, tmpdir in sorted(facts.tmpdirs.items()):
        work = os.path.join(tmpdir, 'work')
        for image in images:
            name = image.split(':')[0]
            newest = None
            for base, folders, _ in os.walk(work):
                depth = base[len(work):].count(os.sep)
                if depth >= 3:
                    folders[:] = []
                if depth == 3 and os.path.basename(os.path.dirname(base)) == name and os.path.isdir(os.path.join(base, 'rootfs')):
                    path = os.path.join(base, 'rootfs')
                    if newest is None or os.stat(path).st_mtime > os.stat(newest).st_mtime:
                        newest = path
            if newest is not None:
                total, files = _tree(newest, time.time() + _SECONDS_MAX)
                if total is not None:
                    yield {'type': 'size', 'kind': 'image', 'name': name, 'recipe': None, 'pf': None, 'mc': mc, 'bytes': total,
                           'files': files, 'fileList': None}


def _tree(path, until):
    """(bytes, files) of everything below, each inode once; (None, None) where it takes too long: a part would pass for the whole."""
    total = files = 0
    seen = set()
    for base, folders, names in os.walk(path):
        if time.time() > until or files > _FILES_MAX:
            return None, None
        for name in names:
            try:
                info = os.lstat(os.path.join(base, name))
            except OSError:
                continue
            if info.st_nlink > 1:
                if (info.st_dev, info.st_ino) in seen:
                    continue
                seen.add((info.st_dev, info.st_ino))
            total += info.st_size
            files += 1
    return total, files
