"""The line of a log that says why. The server looks again with more rules (src/analysis/cause-line.ts); this one is for the console."""
import re

_CHARS_MAX = 1000
# The most telling first. Every pattern is linear in a line that is cut to _CHARS_MAX.
_RULES = tuple(re.compile(pattern) for pattern in (
    r'No space left on device|Cannot allocate memory|internal compiler error|Killed signal|virtual memory exhausted',
    r'^[^ ]{1,300}:\d+(?::\d+)?: (?:fatal )?error: |undefined reference to |cannot find -l|^error(?:\[E\d+\])?: ',
    r'^CMake Error|^meson\.build:\d+:\d+: ERROR|^configure: error|No rule to make target|Hunk #\d+ FAILED',
    r'^(?:Exception: )?[A-Za-z_.]{0,100}(?:Error|Exception): ',
    r'^ERROR: (?!Error executing a python|Execution of event|Task |Logfile of failure|.{0,200}do_\w+: (?:Execution|ExecutionError))',
    r'(?i)\bfatal error\b|\berror:',
    r'\*\*\* .{0,300}Error \d+|ninja: build stopped|exit code \d+ from a shell command',
))
_HARMLESS = re.compile(r'^(?:NOTE|DEBUG|WARNING): |^checking |^\+ ')


def find_cause(text):
    """The line, cut to 1,000 characters; None where nothing says anything of a failure."""
    best = None
    rank = len(_RULES)
    for line in text.split('\n'):
        line = line[:_CHARS_MAX].strip()
        if not line or _HARMLESS.match(line):
            continue
        for place in range(rank):
            if _RULES[place].search(line):
                best, rank = line, place
                break
        if rank == 0:
            break
    return best
