"""
What bakehouse.bbclass does, as modules that run without BitBake: Python 3.5 and its standard library.

    hooks     what the class calls; nothing of it ever raises
    listener  receives every event in BitBake's server process and only puts it into a queue
    recorder  the writer thread's work: events -> a record (docs/formats/record.md)
    record    the record on disk: lines, blobs, secret
    columns   many task runs, or frames of samples, as columns
    stats     reads what buildstats wrote
    host      cores, memory, distro, layers
    scrub     what is taken out of texts before anybody else reads them
    cause     the line of a log that says why
    history   the local past, and the lines at the end of a build
"""

VERSION = '0.1.0'
WRITER = 'meta-bakehouse ' + VERSION
