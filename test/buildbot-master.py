"""A Buildbot that lives as long as its standard input is open: master, two workers and database in one process, in the folder given.

Debian's buildbot comes without buildbot-www, whose only part that is needed here is the entry point by which the master finds it.
Prints "ready PORT" once it answers. A line "fill N" on its standard input puts N builds of long ago into its database, and "forget ID" takes a
build out of it, as those do who clean databases up; each is answered by "done".
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


class OnceMore(steps.BuildStep):
    """As if the worker had gone away, the first time."""

    def run(self):
        return util.RETRY if self.build.number == 1 else util.SUCCESS


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
                name="again", workernames=WORKERS[1:], factory=util.BuildFactory([OnceMore(name="Prepare")])
            ),
            util.BuilderConfig(
                name="slow", workernames=WORKERS[:1], factory=util.BuildFactory([shell("sleep", "sleep", "600")])
            ),
        ],
        "schedulers": [
            schedulers.ForceScheduler(name="force", builderNames=["qemux86-64", "qemuarm", "a-quick", "slow", "again"]),
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
    global running
    running = master


running = None


def fill(conn, count):
    model = running.db.model
    first = 1000000
    for at in range(first, first + count):
        conn.execute(model.buildsets.insert().values(id=at, reason="long ago", submitted_at=at, complete=1, complete_at=at, results=0))
        conn.execute(model.buildrequests.insert().values(id=at, buildsetid=at, builderid=1, complete=1, complete_at=at, results=0, submitted_at=at))
        conn.execute(model.builds.insert().values(
            id=at, number=at, builderid=1, buildrequestid=at, workerid=1, masterid=running.masterid, started_at=at, complete_at=at + 60,
            state_string="build successful", results=0))
        conn.execute(model.steps.insert().values(id=at, number=0, name="Build", buildid=at, started_at=at, complete_at=at + 60,
                                                 state_string="built", results=0, urls_json="[]", hidden=0))


def forget(conn, build):
    model = running.db.model
    for table, column in ((model.build_properties, "buildid"), (model.steps, "buildid"), (model.builds, "id")):
        conn.execute(table.delete().where(table.c[column] == build))


def change(word, number):
    # By hand, as the pool's transactions are for the master's own.
    running.db.pool.do(lambda conn: {"fill": fill, "forget": forget}[word](conn, number)).addCallbacks(
        lambda _: print("done", flush=True), lambda failure: failure.printTraceback(sys.stderr))


def until_closed():
    for line in sys.stdin:
        word, number = line.split()
        reactor.callFromThread(change, word, int(number))
    os._exit(0)


threading.Thread(target=until_closed, daemon=True).start()
reactor.callWhenRunning(lambda: start().addErrback(lambda failure: (failure.printTraceback(sys.stderr), os._exit(1))))
reactor.run()
