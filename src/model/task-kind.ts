/** Kinds of tasks: the parts of a build that people speak of, and that have a colour each. */
export const TASK_KINDS = [
  'fetch',
  'prepare',
  'configure',
  'compile',
  'install',
  'sysroot',
  'package',
  'write',
  'image',
  'setscene',
  'other',
] as const;
export type TaskKind = (typeof TASK_KINDS)[number];

export const TASK_KIND_LABELS: Readonly<Record<TaskKind, string>> = {
  fetch: 'fetch, unpack, patch',
  prepare: 'prepare sysroot',
  configure: 'configure',
  compile: 'compile',
  install: 'install',
  sysroot: 'populate sysroot',
  package: 'package',
  write: 'write packages',
  image: 'image',
  setscene: 'from sstate',
  other: 'other',
};

/** Where in a recipe's life a task is. By name only: `do_compile_ptest_base` compiles, `do_kernel_configme` configures. */
export function taskKind(task: string): TaskKind {
  if (task.endsWith('_setscene')) return 'setscene';
  if (task.includes('configure') || task.includes('config')) return 'configure';
  if (task.includes('compile')) return 'compile';
  if (task.startsWith('do_package_write')) return 'write';
  if (task.startsWith('do_package')) return 'package';
  if (task.startsWith('do_populate_sysroot')) return 'sysroot';
  if (task.startsWith('do_prepare_recipe_sysroot')) return 'prepare';
  if (task.includes('rootfs') || task.includes('image') || task.includes('bootimg') || task.includes('populate_sdk'))
    return 'image';
  if (task.includes('install')) return 'install';
  if (
    task.startsWith('do_fetch') ||
    task.startsWith('do_unpack') ||
    task.includes('patch') ||
    task.includes('checkout')
  )
    return 'fetch';
  return 'other';
}
