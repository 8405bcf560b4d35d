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
        if d is None or d.getVar('BB_WORKERCONTEXT') == '1':
            return
        name = type(e).__name__
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

# A customer's extensible SDK gets neither the class nor its settings. Two spellings: both were renamed in kirkstone.
python () {
    if bb.data.inherits_class('populate_sdk_ext', d):
        for name in ('ESDK_CLASS_INHERIT_DISABLE', 'SDK_INHERIT_BLACKLIST'):
            if d.getVar(name) is not None:
                d.appendVar(name, ' bakehouse')
        settings = ' '.join(sorted(name for name in d.keys() if name.startswith('BAKEHOUSE_')))
        for name in ('ESDK_LOCALCONF_REMOVE', 'SDK_LOCAL_CONF_BLACKLIST'):
            if d.getVar(name) is not None:
                d.appendVar(name, ' ' + settings)
}
