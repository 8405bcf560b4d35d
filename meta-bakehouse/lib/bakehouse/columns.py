"""Columns of docs/formats/record.md: integers of one width, byte-shuffled, all columns of a line in one zlib stream."""
import base64
import struct
import zlib

_SCALES = (1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000)
_MOST = 1 << 53
_FORMATS = {1: 'B', 2: 'H', 4: 'I', 8: 'Q'}


def _width(largest):
    if largest == 0:
        return 0
    for width in (1, 2, 4):
        if largest < 1 << 8 * width:
            return width
    return 8


def _shuffled(integers, width):
    """The lowest bytes of all rows first, then the second ones, and so on."""
    if width == 0:
        return b''
    packed = struct.pack('<%d%s' % (len(integers), _FORMATS[width]), *integers)
    if width == 1:
        return packed
    return b''.join(packed[i::width] for i in range(width))


def _bitmap(values):
    bits = bytearray((len(values) + 7) // 8)
    for row, value in enumerate(values):
        if value is not None:
            bits[row >> 3] |= 1 << (row & 7)
    return bytes(bits)


def _scale(values):
    """The fewest decimals that tell every value by its shortest text, or None where a double must."""
    scale = 0
    for value in values:
        if isinstance(value, int):
            continue
        text = repr(value)
        if 'e' in text or 'n' in text:
            return None
        if not text.endswith('.0'):
            scale = max(scale, len(text) - text.index('.') - 1)
    return scale if scale <= 9 else None


def number_column(name, values, delta=False):
    """A column of numbers; None is not recorded. Returns (head, payload), or None where nothing is recorded."""
    present = [value for value in values if value is not None]
    if not present:
        return None
    head = {'id': name}
    missing = len(present) != len(values)
    scale = _scale(present)
    if scale is None or any(abs(value) * _SCALES[scale] >= _MOST for value in present):
        head['type'] = 'float64'
        doubles = struct.pack('<%dd' % len(values), *[float('nan') if v is None else float(v) for v in values])
        return head, b''.join(doubles[i::8] for i in range(8))
    power = _SCALES[scale]
    whole = [None if v is None else (v * power if isinstance(v, int) else int(round(v * power))) for v in values]
    if delta:
        low = next(v for v in whole if v is not None)
        integers = []
        before = low
        for value in whole:
            change = 0 if value is None else value - before
            integers.append(change * 2 if change >= 0 else -change * 2 - 1)
            before = before if value is None else value
        head['delta'] = True
    else:
        low = min(v for v in whole if v is not None)
        integers = [0 if v is None else v - low for v in whole]
    width = _width(max(integers))
    head['width'] = width
    if scale:
        head['scale'] = scale
    if low:
        head['min'] = low
    if missing:
        head['missing'] = True
    return head, (_bitmap(values) if missing else b'') + _shuffled(integers, width)


def hash_column(name, hashes):
    """A column of the first 16 digits of hashes; '' or None is not recorded."""
    parts = []
    for text in hashes:
        try:
            parts.append(bytes(bytearray.fromhex((text or '')[:16].ljust(16, '0'))))
        except ValueError:
            parts.append(b'\0' * 8)
    whole = b''.join(parts)
    if not whole.strip(b'\0'):
        return None
    return {'id': name, 'type': 'hex64'}, b''.join(whole[i::8] for i in range(8))


def packed(columns):
    """The `columns` and `data` of a line, of what the functions above gave; None among them is left out."""
    kept = [column for column in columns if column is not None]
    data = zlib.compress(b''.join(payload for _, payload in kept), 9)
    return [head for head, _ in kept], base64.b64encode(data).decode('ascii')
