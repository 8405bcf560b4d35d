"""A Buildbot that lives as long as its standard input is open: master, two workers and database in one process, in the folder given.

Debian's buildbot comes without buildbot-www, whose only part that is needed here is the entry point by which the master finds it.
Prints "ready PORT" once it answers.
"""
import os
import sys
import threading

folder, push = sys.argv[1], sys.argv[2:]
os.makedirs(os.path.join(folder, "bakehouse_www-1.0.dist-info"))
os.makedirs(os.path.join(folder, "bakehouse_www", "static"))
for name, text in {
    "bakehouse_www-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: bakehouse-www\nVersion: 1.0\n",
    "bakehouse_www-1.0.dist-info/entry_points.txt": "[buildbot.www]\nbase = bakehouse_www:ep\n",
    "bakehouse_www/VERSION": "1.0",
    "bakehouse_www/__init__.py": "from buildbot.www.plugin import Application\nep = Application(__name__, 'REST only')\n",
}.items():
    with open(os.path.join(folder, name), "w") as file:
        file.write(text)
sys.path.insert(0, folder)

from twisted.internet import defer, reactor  # noqa: E402

from buildbot.config.master import MasterConfig  # noqa: E402
from buildbot.master import BuildMaster  # noqa: E402
from buildbot.plugins import schedulers, steps, util, worker  # noqa: E402
from buildbot.process.logobserver import LogLineObserver  # noqa: E402

WORKERS = ["alma9-worker-1", "debian12-worker-2"]
REVISION = "0123456789abcdef0123456789abcdef01234567"


class Addresses(LogLineObserver):
    def outLineReceived(self, line):
        if line.startswith(("http://", "https://")):
            self.step.addURL("build statistics", line.strip())


class PushStatistics(steps.ShellCommand):
    """The step of docs/existing-farms.md."""

    def __init__(self, **kwargs):
        kwargs.setdefault("name", "statistics")
        kwargs.setdefault("haltOnFailure", False)
        kwargs.setdefault("flunkOnFailure", False)
        kwargs.setdefault("warnOnFailure", True)
        env = dict(kwargs.pop("env", {}), BAKEHOUSE_JOB=util.URLForBuild)
        super().__init__(env=env, **kwargs)
        self.addLogObserver("stdio", Addresses())


def config(port):
    def shell(name, *command):
        return steps.ShellCommand(name=name, command=list(command), haltOnFailure=True, logEnviron=False)

    image = [
        steps.SetProperties(
            name="Set build revision",
            properties={"yp_build_revision": REVISION, "yp_build_branch": "master", "api_token": "hush"},
        ),
        shell("Build core-image-minimal", "true"),
    ]
    if push:
        image.append(PushStatistics(command=push, logEnviron=False))
    return {
        "db": {"db_url": "sqlite://"},
        "buildbotNetUsageData": None,
        "protocols": {"null": {}},
        "title": "Test farm",
        "buildbotURL": "http://127.0.0.1:%d/" % port,
        "www": {"port": "tcp:%d:interface=127.0.0.1" % port},
        "workers": [worker.LocalWorker(name) for name in WORKERS],
        "builders": [
            util.BuilderConfig(
                name="qemux86-64", workernames=WORKERS[:1], factory=util.BuildFactory(image), tags=["core"], description="x86"
            ),
            util.BuilderConfig(
                name="qemuarm",
                workernames=WORKERS[1:],
                factory=util.BuildFactory(
                    [shell("Fetch", "true"), shell("Build core-image-sato", "false"), shell("never", "true")]
                ),
            ),
            util.BuilderConfig(
                name="a-quick",
                workernames=WORKERS,
                factory=util.BuildFactory([steps.Trigger(schedulerNames=["wait"], waitForFinish=True, name="trigger")]),
            ),
            util.BuilderConfig(
                name="slow", workernames=WORKERS[:1], factory=util.BuildFactory([shell("sleep", "sleep", "600")])
            ),
        ],
        "schedulers": [
            schedulers.ForceScheduler(name="force", builderNames=["qemux86-64", "qemuarm", "a-quick", "slow"]),
            schedulers.Triggerable(name="wait", builderNames=["qemux86-64", "qemuarm"]),
        ],
    }


class Loader:
    def __init__(self, port):
        self.port = port

    def loadConfig(self):
        return MasterConfig.loadFromDict(config(self.port), "<dict>")


@defer.inlineCallbacks
def start():
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    master = BuildMaster(folder, reactor=reactor, config_loader=Loader(port))
    master.config = master.config_loader.loadConfig()
    yield master.db.setup(check_version=False)
    yield master.db.model.upgrade()
    yield master.startService()
    print("ready %d" % port, flush=True)


def until_closed():
    sys.stdin.read()
    os._exit(0)


threading.Thread(target=until_closed, daemon=True).start()
reactor.callWhenRunning(lambda: start().addErrback(lambda failure: (failure.printTraceback(sys.stderr), os._exit(1))))
reactor.run()
