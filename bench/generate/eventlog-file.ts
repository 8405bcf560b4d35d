/**
 * A simulated build written as bitbake's event log: JSON lines whose `vars` are base64 (a newline every 76 characters) of a
 * pickle, protocol 4. About 10 KB a task and 1.8 MB of variables, as in real logs.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import { EMPTY_TUPLE, PickleWriter, PyFloat, PyObject, type PyValue } from './pickle.ts';
import type { PlannedRecipe } from './plan.ts';
import { hashText, Random } from './random.ts';
import type { SimulatedBuild, SimulatedRun } from './simulate.ts';

const TMPDIR = '/srv/build/tmp';
const COOKER_THREAD = 140446007801536;

export interface EventLogOptions {
  /**
   * Everything that no reader wants and real logs are full of: recipes parsed again for each task, informative records, 2,300 more
   * variables. Default true; without it a log is a tenth as long.
   */
  readonly noise?: boolean;
}

/** Lines of the log, in order, each ending in a newline. */
export function* eventLogLines(build: SimulatedBuild, options: EventLogOptions = {}): Generator<string> {
  const log = new LogWriter(build, options.noise ?? true);
  yield* log.lines();
}

/** Writes the log to a file and answers the number of lines. */
export function writeEventLog(build: SimulatedBuild, path: string): number {
  const file = openSync(path, 'w');
  let count = 0;
  let pending: string[] = [];
  let bytes = 0;
  try {
    for (const line of eventLogLines(build)) {
      count++;
      pending.push(line);
      bytes += line.length;
      if (bytes < 1 << 20) continue;
      writeSync(file, pending.join(''));
      pending = [];
      bytes = 0;
    }
    writeSync(file, pending.join(''));
  } finally {
    closeSync(file);
  }
  return count;
}

/** sha256-like text that is the same for the same task of the same version, whatever the seed. */
function taskHash(recipe: PlannedRecipe, task: string): string {
  const word = (i: number): string => hashText(`${i} ${recipe.pf} ${task}`).toString(16).padStart(8, '0');
  // Only the first 16 digits differ from task to task: all that anybody looks at, and logs that compress to half.
  return `${word(0)}${word(1)}${'0123456789abcdef'.repeat(3)}`;
}

class LogWriter {
  readonly #build: SimulatedBuild;
  readonly #pickle = new PickleWriter();
  readonly #random: Random;
  readonly #noise: boolean;
  #completed = 0;
  #active = 0;
  #failed = 0;
  #skipped = 0;
  #setsceneActive = 0;
  #covered = 0;

  constructor(build: SimulatedBuild, noise: boolean) {
    this.#build = build;
    this.#noise = noise;
    this.#random = new Random(`events ${build.options.seed}`);
  }

  #event(module: string, name: string, attributes: Record<string, PyValue>): string {
    const base64 = this.#pickle.dumps(new PyObject(module, name, attributes)).toString('base64');
    let vars = '';
    for (let i = 0; i < base64.length; i += 76) vars += `${base64.slice(i, i + 76)}\\n`;
    return `{"class": "${module}.${name}", "vars": "${vars}"}\n`;
  }

  #record(level: 'INFO' | 'WARNING' | 'ERROR' | 'PLAIN', msg: string, timeS: number, taskPid: number): string {
    const levels = { INFO: 20, WARNING: 30, ERROR: 40, PLAIN: 21 };
    return this.#event('logging', 'LogRecord', {
      name: 'BitBake.Main',
      msg,
      args: EMPTY_TUPLE,
      levelname: level === 'PLAIN' ? 'Level 21' : level,
      levelno: levels[level],
      pathname: '/srv/build/bitbake/lib/bb/__init__.py',
      filename: '__init__.py',
      module: '__init__',
      exc_info: null,
      exc_text: null,
      stack_info: null,
      lineno: 193,
      funcName: 'note',
      created: new PyFloat(timeS),
      msecs: new PyFloat(Math.floor((timeS % 1) * 1000)),
      relativeCreated: new PyFloat((timeS - this.#build.startedS + 5) * 1000),
      thread: COOKER_THREAD,
      threadName: taskPid === 0 ? 'Thread-1 (idle_thread)' : 'MainThread',
      processName: 'MainProcess',
      process: taskPid === 0 ? 19_911 : taskPid,
      taskpid: taskPid,
    });
  }

  #stats(): PyObject {
    const { plan, restored } = this.#build;
    const setscene = restored.size;
    return new PyObject('bb.runqueue', 'RunQueueStats', {
      completed: this.#completed,
      skipped: this.#skipped,
      failed: this.#failed,
      active: this.#active,
      setscene_active: this.#setsceneActive,
      setscene_covered: this.#covered,
      setscene_notcovered: plan.recipes.length - setscene,
      setscene_total: plan.recipes.length,
      total: plan.tasks.length,
    });
  }

  #queueEvent(name: string, run: { recipe: number; name: string }, more: Record<string, PyValue>): string {
    const recipe = this.#build.plan.recipes[run.recipe]!;
    const plain = run.name.replace(/_setscene$/, '');
    return this.#event('bb.runqueue', name, {
      taskid: `${recipe.file}:${plain}`,
      taskstring: `${recipe.file}:${run.name}`,
      taskname: run.name,
      taskfile: recipe.file,
      taskhash: taskHash(recipe, plain),
      stats: this.#stats(),
      pid: 0,
      ...more,
    });
  }

  #taskEvent(name: string, run: SimulatedRun, timeS: number, word: string, more: Record<string, PyValue>): string {
    const recipe = this.#build.plan.recipes[run.recipe]!;
    return this.#event('bb.build', name, {
      ...(name === 'TaskFailed' ? { errprinted: false } : {}),
      _task: run.name,
      _fn: recipe.file,
      _package: recipe.pf,
      _mc: '',
      // FILE has no class extension in front, unlike _fn.
      taskfile: recipe.file.replace(/^virtual:.*:/, ''),
      taskname: run.name,
      logfile: this.#logFile(recipe, run),
      time: new PyFloat(timeS),
      pn: recipe.pn,
      pv: recipe.pv,
      pid: run.pid,
      _message: `recipe ${recipe.pf}: task ${run.name}: ${word}`,
      ...more,
    });
  }

  #logFile(recipe: PlannedRecipe, run: SimulatedRun): string {
    const arch = recipe.variant === 'native' ? 'x86_64-linux' : 'x86-64-v3-oe-linux';
    return `${TMPDIR}/work/${arch}/${recipe.pn}/${recipe.pv}/temp/log.${run.name}.${run.pid}`;
  }

  *#recipeEvents(recipe: PlannedRecipe, pid: number): Generator<string> {
    if (!this.#noise) return;
    const fn = recipe.file;
    yield this.#event('bb.event', 'RecipePreDeferredInherits', {
      fn,
      inherits: ['toolchain/${' + 'TOOLCHAIN_NATIVE}-native', 'toolchain/${' + 'TOOLCHAIN}'],
      pid,
    });
    yield this.#event('bb.event', 'RecipePreFinalise', { fn, pid });
    yield this.#event('bb.event', 'RecipePostKeyExpansion', { fn, pid });
    yield this.#event('bb.event', 'RecipeTaskPreProcess', { fn, tasklist: TASK_LIST, pid });
    yield this.#event('bb.event', 'RecipeParsed', { fn, pid });
  }

  *lines(): Generator<string> {
    const build = this.#build;
    const { plan } = build;
    const pkgs = [`${plan.target}:do_build`];
    yield this.#event('bb.event', 'ConfigParsed', { pid: 0 });
    yield this.#event('bb.event', 'SanityCheck', { pid: 0, generateevents: false });
    yield this.#event('bb.event', 'SanityCheckPassed', { pid: 0 });
    yield this.#event('bb.event', 'CacheLoadStarted', { pid: 0, msg: 'Loading cache Started', total: 0 });
    yield this.#event('bb.event', 'CacheLoadCompleted', {
      pid: 0,
      total: 0,
      msg: 'Loading cache Completed',
      num_entries: 0,
    });
    yield this.#event('bb.event', 'ParseStarted', {
      pid: 0,
      msg: 'Recipe parsing Started',
      total: plan.recipes.length,
    });
    for (const recipe of plan.recipes) yield* this.#recipeEvents(recipe, 0);
    yield this.#event('bb.event', 'ParseCompleted', {
      pid: 0,
      total: plan.recipes.length,
      msg: 'Recipe parsing Completed',
      cached: 0,
      parsed: plan.recipes.length,
      skipped: 0,
      virtuals: plan.recipes.length,
      masked: 0,
      errors: 0,
      sofar: plan.recipes.length,
    });
    const beforeS = build.startedS - 1.2;
    yield this.#record('INFO', 'Resolving any missing task queue dependencies', beforeS, 0);
    yield this.#record('PLAIN', configurationText(build), beforeS + 0.02, 0);
    yield this.#event('bb.event', 'BuildInit', { _name: null, _pkgs: pkgs, pid: 0, _failures: 0 });
    yield this.#event('bb.event', 'TreeDataPreparationStarted', { pid: 0, msg: 'Preparing tree data Started' });
    yield this.#event('bb.event', 'TreeDataPreparationCompleted', {
      pid: 0,
      total: 1,
      msg: 'Preparing tree data Completed',
    });
    yield this.#event('bb.event', 'BuildStarted', {
      pid: 0,
      msg: 'Building Started',
      _name: '${' + 'DATE}${' + 'TIME}',
      _pkgs: pkgs,
      _failures: 0,
    });
    yield `{"allvariables": ${allVariables(build, this.#noise ? 2323 : 0)}}\n`;
    yield this.#event('bb.event', 'ProcessStarted', { pid: 0, processname: 'Initialising tasks', total: 100 });
    yield this.#event('bb.event', 'DepTreeGenerated', { pid: 0, _depgraph: dependencyTree(build) });
    yield this.#event('bb.event', 'ProcessFinished', { pid: 0, processname: 'Initialising tasks' });
    yield this.#record('PLAIN', sstateText(build), build.startedS + 1, 0);
    if (build.restored.size === 0)
      yield this.#event('bb.runqueue', 'sceneQueueComplete', { stats: this.#stats(), pid: 0 });
    yield* this.#tasks();
    if (build.killed) return;
    if (build.runs.some((run) => run.outcome === 'failed')) {
      yield this.#record(
        'ERROR',
        `Summary: There were ${this.#failed} ERROR messages, returning a non-zero exit code.`,
        build.endedS,
        0,
      );
    }
    yield this.#event('bb.event', 'BuildCompleted', {
      pid: 0,
      total: plan.tasks.length,
      msg: this.#failed > 0 ? 'Building Failed' : 'Building Succeeded',
      _interrupted: 0,
      _name: '${' + 'DATE}${' + 'TIME}',
      _pkgs: [plan.target],
      _failures: this.#failed,
    });
    if (this.#failed > 0) yield this.#event('bb.command', 'CommandFailed', { pid: 0, error: '1', exitcode: 1 });
    else yield this.#event('bb.command', 'CommandCompleted', { pid: 0 });
  }

  *#tasks(): Generator<string> {
    const build = this.#build;
    // Queueing, start and end of every run in the order of time; equal times in the order of the kinds.
    const moments: { timeS: number; kind: 0 | 1 | 2; run: SimulatedRun }[] = [];
    for (const run of build.runs) {
      moments.push({ timeS: run.queuedS, kind: 0, run }, { timeS: run.startedS, kind: 1, run });
      if (run.outcome !== 'unfinished') moments.push({ timeS: run.endedS, kind: 2, run });
    }
    moments.sort((a, b) => a.timeS - b.timeS || a.kind - b.kind);
    let heartbeatS = Math.ceil(build.startedS) + 0.5669203;
    // Recipes restored whole: their tasks are skipped as soon as the setscene ones are through.
    yield* this.#skippedTasks();
    for (const { timeS, kind, run } of moments) {
      for (; heartbeatS < timeS; heartbeatS += 1.001) {
        yield this.#event('bb.event', 'HeartbeatEvent', { pid: 0, time: new PyFloat(heartbeatS) });
        yield this.#event('bb.event', 'MonitorDiskEvent', {
          pid: 0,
          disk_usage: {
            '/dev/nvme0n1p2': new PyObject('bb.event', 'DiskUsageSample', {
              available_bytes: 1_400_000_000_000,
              free_bytes: 1_500_000_000_000,
              total_bytes: 1_920_383_410_176,
            }),
          },
        });
      }
      const setscene = run.name.endsWith('_setscene');
      const recipe = build.plan.recipes[run.recipe]!;
      if (kind === 0) {
        if (setscene) this.#setsceneActive++;
        yield this.#queueEvent(setscene ? 'sceneQueueTaskStarted' : 'runQueueTaskStarted', run, { noexec: false });
        if (!setscene) this.#active++;
      } else if (kind === 1) {
        yield* this.#recipeEvents(recipe, run.pid);
        yield this.#taskEvent('TaskStarted', run, run.startedS, 'Started', { taskflags: taskFlags(run.name) });
        const records = this.#noise ? 3 + this.#random.below(2) : 0;
        for (let i = 0; i < records; i++) {
          const text = RECORD_TEXTS[i % RECORD_TEXTS.length]!(recipe, build);
          yield this.#record('INFO', text, run.startedS + 0.01 * (i + 1), run.pid);
        }
      } else if (run.outcome === 'failed') {
        yield this.#record(
          'ERROR',
          `Execution of '${this.#logFile(recipe, run).replace('log.', 'run.')}' failed with exit code 1`,
          timeS,
          run.pid,
        );
        yield this.#taskEvent('TaskFailed', run, run.endedS, 'Failed', {});
        this.#active--;
        this.#failed++;
        yield this.#queueEvent('runQueueTaskFailed', run, { exitcode: 1, fakeroot_log: null });
      } else {
        if (run.name === 'do_package_qa' && run.recipe % 41 === 5) {
          yield this.#record(
            'WARNING',
            `QA Issue: ${recipe.pn}: Files/directories were installed but not shipped in any package:\n  /usr/share/${recipe.pn}\nPlease set FILES such that these items are packaged. [installed-vs-shipped]`,
            timeS,
            run.pid,
          );
        }
        yield this.#taskEvent('TaskSucceeded', run, run.endedS, 'Succeeded', {});
        if (setscene) {
          this.#setsceneActive--;
          this.#covered++;
        } else this.#active--;
        this.#completed++;
        yield this.#queueEvent(setscene ? 'sceneQueueTaskCompleted' : 'runQueueTaskCompleted', run, {});
      }
    }
    if (build.restored.size > 0)
      yield this.#event('bb.runqueue', 'sceneQueueComplete', { stats: this.#stats(), pid: 0 });
  }

  *#skippedTasks(): Generator<string> {
    const { plan, restored } = this.#build;
    for (const task of plan.tasks) {
      if (!restored.has(task.recipe)) continue;
      this.#skipped++;
      this.#completed++;
      yield this.#queueEvent('runQueueTaskSkipped', task, { reason: 'covered' });
    }
  }
}

function sstateText(build: SimulatedBuild): string {
  const wanted = build.plan.recipes.length;
  const found = build.restored.size;
  return `Sstate summary: Wanted ${wanted} Local ${found} Mirrors 0 Missed ${wanted - found} Current 0 (${Math.round((100 * found) / wanted)}% match, 0% complete)`;
}

const REVISION = '35a2c6ed7987763dadbe45ad86095e1aee1c7314';

function configurationText(build: SimulatedBuild): string {
  return [
    '',
    'Build Configuration:',
    'BB_VERSION           = "2.19.0"',
    'BUILD_SYS            = "x86_64-linux"',
    'NATIVELSBSTRING      = "debian-12"',
    'TARGET_SYS           = "x86_64-oe-linux"',
    `MACHINE              = "${build.options.machine}"`,
    'SDKMACHINE           = "x86_64"',
    'DISTRO               = "nodistro"',
    'DISTRO_VERSION       = "nodistro.0"',
    'TUNE_FEATURES        = "m64 x86-64-v3"',
    `meta                 = "master:${REVISION}"`,
    '',
  ].join('\n');
}

function taskFlags(task: string): PyValue {
  return {
    python: '1',
    func: 1,
    filename: '/srv/build/openembedded-core/meta/classes-global/base.bbclass',
    lineno: '1456',
    task: 1,
    deps: [],
    'sstate-inputdirs': '',
    'sstate-outputdirs': '',
    prefuncs: 'sstate_task_prefunc ',
    postfuncs: 'sstate_task_postfunc',
    dirs: `${TMPDIR}/work`,
    umask: '022',
    depends: task === 'do_configure' ? 'virtual/cross-cc:do_populate_sysroot' : '',
    ...(task === 'do_fetch' ? { network: '1' } : {}),
  };
}

const RECORD_TEXTS: readonly ((recipe: PlannedRecipe, build: SimulatedBuild) => string)[] = [
  (recipe, build) =>
    `Direct dependencies are [${recipe.depends
      .slice(0, 6)
      .map((d) => `'${build.plan.recipes[d]!.file}:do_populate_sysroot'`)
      .join(', ')}]`,
  (recipe, build) =>
    `Installed into sysroot: [${recipe.depends
      .slice(0, 12)
      .map((d) => `'${build.plan.recipes[d]!.pn}'`)
      .join(', ')}]`,
  (recipe, build) =>
    `Skipping as already exists in sysroot: [${recipe.depends
      .slice(0, 20)
      .map((d) => `'${build.plan.recipes[d]!.pn}'`)
      .join(', ')}]`,
  (recipe) => `Using umask 2 (not 22) for sstate packaging of ${recipe.pf}`,
];

const TASK_LIST: readonly string[] = [
  'do_patch',
  'do_populate_sysroot',
  'do_populate_sysroot_setscene',
  'do_prepare_recipe_sysroot',
  'do_listtasks',
  'do_clean',
  'do_checkuri',
  'do_fetch',
  'do_unpack',
  'do_deploy_source_date_epoch_setscene',
  'do_deploy_source_date_epoch',
  'do_configure',
  'do_compile',
  'do_install',
  'do_build',
  'do_cleansstate',
  'do_cleanall',
  'do_package_qa',
  'do_package_qa_setscene',
  'do_recipe_qa',
  'do_recipe_qa_setscene',
  'do_package',
  'do_package_setscene',
  'do_packagedata',
  'do_packagedata_setscene',
  'do_package_write_ipk_setscene',
  'do_package_write_ipk',
  'do_devshell',
  'do_pydevshell',
  'do_populate_lic',
  'do_populate_lic_setscene',
  'do_create_spdx',
  'do_create_spdx_setscene',
];

/** Variables that readers want, and as many others with a history as a real configuration has. */
function allVariables(build: SimulatedBuild, fillers: number): string {
  const { options, plan } = build;
  const known: Record<string, string> = {
    MACHINE: options.machine,
    DISTRO: 'nodistro',
    DISTRO_VERSION: 'nodistro.0',
    BB_VERSION: '2.19.0',
    BUILDNAME: build.name,
    DATETIME: build.name,
    BB_NUMBER_THREADS: String(options.threads),
    PARALLEL_MAKE: `-j ${options.cores}`,
    BBLAYERS: '/srv/build/openembedded-core/meta',
    NATIVELSBSTRING: 'debian-12',
    METADATA_REVISION: REVISION,
    TMPDIR,
    TOPDIR: '/srv/build',
    TARGET_SYS: 'x86_64-oe-linux',
    BUILD_SYS: 'x86_64-linux',
    BB_CMDLINE: `['/srv/build/bitbake/bin/bitbake', '${plan.target}']`,
  };
  const variable = (name: string, value: string): unknown => ({
    v: value,
    history: [
      {
        parsing: true,
        variable: name,
        file: '/srv/build/openembedded-core/meta/conf/bitbake.conf',
        line: hashText(name) % 900,
        op: 'set',
        detail: value,
      },
      {
        variable: name,
        file: '/srv/build/openembedded-core/meta/conf/documentation.conf',
        line: 272,
        op: 'set',
        detail: FILLER,
        flag: 'doc',
      },
    ],
    doc: FILLER,
    func: null,
  });
  const all: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(known)) all[name] = variable(name, value);
  // A real configuration of oe-core alone has 2,339 variables of 780 bytes each.
  for (let i = 0; i < fillers; i++)
    all[`GENERATED_VARIABLE_${i}`] = variable(`GENERATED_VARIABLE_${i}`, `value ${i} ${FILLER}`);
  return JSON.stringify(all);
}

const FILLER =
  'A sentence of documentation that says what the variable is for and where it is set, as long as they usually are.';

function dependencyTree(build: SimulatedBuild): PyValue {
  const { recipes, tasks } = build.plan;
  const name = (index: number): string => `${recipes[tasks[index]!.recipe]!.pn}.${tasks[index]!.name}`;
  const depends: Record<string, PyValue> = {};
  const pn: Record<string, PyValue> = {};
  const packages: Record<string, PyValue> = {};
  const tdepends: Record<string, PyValue> = {};
  for (const recipe of recipes) {
    depends[recipe.pn] = recipe.depends.map((d) => recipes[d]!.pn);
    pn[recipe.pn] = {
      filename: recipe.file,
      version: `:${recipe.pv}-${recipe.pr}`,
      inherits: recipe.fact.inherits.map((c) => `/srv/build/openembedded-core/meta/classes-recipe/${c}.bbclass`),
    };
    if (recipe.variant === 'target') {
      for (const suffix of ['', '-dev', '-dbg', '-doc', '-src']) {
        packages[`${recipe.pn}${suffix}`] = {
          pn: recipe.pn,
          filename: recipe.file,
          version: `:${recipe.pv}-${recipe.pr}`,
        };
      }
    }
  }
  for (let i = 0; i < tasks.length; i++) tdepends[name(i)] = tasks[i]!.depends.map(name);
  return {
    depends,
    tdepends,
    pn,
    'rdepends-pn': {},
    packages,
    'rdepends-pkg': {},
    'rrecs-pkg': {},
    providermap: {},
    'layer-priorities': [],
  };
}
