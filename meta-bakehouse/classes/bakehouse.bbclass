# Records each build, for Bakehouse: build statistics of BitBake.
#
#   INHERIT += "bakehouse"
#   BAKEHOUSE_SERVER = "https://builds.example.org"      # where to push; without it builds are recorded and stay here
#
# Handlers and variables only; everything else is in lib/bakehouse, which runs without BitBake. No code of it runs in the processes of
# tasks, and no variable of it is in any task's signature. What a record is: docs/formats/record.md; settings: docs/client.md.

BAKEHOUSE_ENABLED ?= "1"
BAKEHOUSE_SERVER ?= ""
BAKEHOUSE_DIR ?= "${TOPDIR}/bakehouse"
BAKEHOUSE_RECORD ?= ""
BAKEHOUSE_SEND ?= ""
BAKEHOUSE_PUSH ?= "end"
BAKEHOUSE_VISIBILITY ?= ""
BAKEHOUSE_BUILDER ?= ""
BAKEHOUSE_BUILDER_ID ?= ""
BAKEHOUSE_CI ?= "1"
BAKEHOUSE_KEEP ?= "500 2G"
BAKEHOUSE_TOOL ?= "${@bakehouse_file(d, 'bin/push-build-results')}"

# Where the rest of it is: in the layer, beside a folder `classes` in BBPATH (or what a link in there leads to), never searched further.
def bakehouse_file(d, name):
    import os
    for folder in (d.getVar('BBPATH') or '').split(':'):
        if not folder:
            continue
        for place in ('classes/bakehouse.bbclass', 'classes-global/bakehouse.bbclass'):
            found = os.path.join(folder, place)
            if os.path.exists(found):
                for home in (os.path.dirname(os.path.dirname(os.path.realpath(found))), folder):
                    path = os.path.join(home, name)
                    if os.path.exists(path):
                        return path
    return ''

# A customer's extensible SDK gets neither the class nor its settings. Said to the configuration, which recipes begin with, and not in each recipe,
# which is parsed again for each of its tasks. Appended, for populate_sdk_ext sets defaults for both; in the words of the release.
def bakehouse_keeps_out_of_sdks(d):
    settings = ' '.join(sorted(key for key in d.keys() if key.startswith('BAKEHOUSE_')))
    version = tuple(int(part) for part in bb.__version__.split('.')[:2])
    names = ('ESDK_CLASS_INHERIT_DISABLE', 'ESDK_LOCALCONF_REMOVE') if version >= (2, 0) else ('SDK_INHERIT_BLACKLIST', 'SDK_LOCAL_CONF_BLACKLIST')
    for name, value in zip(names, ('bakehouse', settings)):
        d.setVar(name + (':append' if version >= (1, 51) else '_append'), ' ' + value)

def bakehouse_hooks(d):
    import importlib
    import os
    import sys
    folder = bakehouse_file(d, 'lib/bakehouse')
    if not folder:
        raise ImportError('lib/bakehouse is not beside the classes folder of bakehouse.bbclass')
    parent = os.path.dirname(folder)
    sys.path.insert(0, parent)
    try:
        return importlib.import_module('bakehouse.hooks')
    finally:
        sys.path.remove(parent)

python bakehouse_eventhandler() {
    try:
        if d is None:
            return
        name = type(e).__name__
        if name == 'ConfigParsed':
            # In the worker too, once: it reads the configuration for itself, and the SDK is made in its tasks.
            bakehouse_keeps_out_of_sdks(d)
        if d.getVar('BB_WORKERCONTEXT') == '1':
            return
        if name == 'ConfigParsed':
            # Another server or another folder is no reason to parse every recipe again. Renamed in kirkstone.
            for variable in ('BB_HASHCONFIG_IGNORE_VARS', 'BB_HASHCONFIG_WHITELIST'):
                if d.getVar(variable) is not None:
                    d.appendVar(variable, ' ' + ' '.join(sorted(key for key in d.keys() if key.startswith('BAKEHOUSE_'))))
            return
        bakehouse_hooks(d).handle(e, d, bb)
    except Exception as error:
        try:
            if not getattr(bb.event, '_bakehouse_broken', False):
                bb.event._bakehouse_broken = True
                bb.warn('Bakehouse does not record builds: %s: %s' % (type(error).__name__, error))
        except Exception:
            pass
}
addhandler bakehouse_eventhandler
bakehouse_eventhandler[eventmask] = "bb.event.ConfigParsed bb.event.CacheLoadStarted bb.event.ParseStarted bb.event.BuildInit bb.event.BuildStarted bb.event.BuildCompleted bb.command.CommandCompleted bb.command.CommandFailed bb.command.CommandExit bb.cooker.CookerExit"
