/**
 * What bitbake was asked to build, which the log of its user interface does not say: `bitbake-cookerdaemon.log` in the build folder has the
 * commands of all clients, since 1.34.
 *
 *     19911 00:58:37.207797 Running command ['getSetVariable', 'BB_CONSOLELOG']
 *     19911 00:58:37.207897 Sending reply ('/…/tmp/log/cooker/qemux86-64/20261121005836.log', None)      since 2.4
 *     19911 00:58:37.210575 Running command ['buildTargets', ['core-image-sample'], 'build']
 */
import { TARGETS_MAX } from '../../model/limits.ts';

export interface AskedTargets {
  /** File name of the console log, where the release says it. */
  readonly log: string | null;
  readonly targets: readonly string[];
}

const REPLY = /Sending reply \('[^'\n]{0,4000}\/log\/cooker\/[^'\n]{0,400}\/([^'/\n]{1,200})', None\)/;
const COMMAND = /Running command \['buildTargets', \[([^\]\n]{0,100000})\], '([^'\n]{0,200})'\]/;

/** Every build command in the text, oldest first. */
export function askedTargets(text: string): AskedTargets[] {
  const found: AskedTargets[] = [];
  let log: string | null = null;
  for (const line of text.split('\n')) {
    const reply = REPLY.exec(line);
    if (reply !== null) log = reply[1]!;
    const command = COMMAND.exec(line);
    if (command === null) continue;
    const [, list = '', task = 'build'] = command;
    const targets = [...list.matchAll(/'([^']{1,1000})'/g)].slice(0, TARGETS_MAX).map((match) => {
      const target = match[1]!;
      return task === 'build' || target.includes(':do_') ? target : `${target}:do_${task}`;
    });
    found.push({ log, targets });
    log = null;
  }
  return found;
}

/** Of the command that wrote a console log: by its name, or, where no names are told, the last one of the newest log. */
export function targetsOfLog(asked: readonly AskedTargets[], log: string, isNewest: boolean): readonly string[] | null {
  const named = asked.findLast((one) => one.log === log);
  if (named !== undefined) return named.targets;
  const last = asked.at(-1);
  return isNewest && last !== undefined && last.log === null ? last.targets : null;
}
