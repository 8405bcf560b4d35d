import type { Build, Host } from './build.ts';

/** What makes two builds comparable, and which builds are compared at all (product.md: configuration, host class, usual). */

const GIB = 2 ** 30;

/**
 * CPU model, cores, memory rounded to a power of two GiB, host distribution with release. A part that is not recorded never equals
 * one that is not recorded elsewhere: then the host itself stands beside the parts, and without a host the place it was read from.
 */
export function hostClassKey(host: Host, place: string): string {
  const memoryGib =
    host.memoryBytes === null ? null : 2 ** Math.round(Math.log2(Math.max(host.memoryBytes, GIB) / GIB));
  const parts = [host.cpuModel, host.cores, memoryGib, host.distro];
  if (parts.every((part) => part !== null)) return JSON.stringify(parts);
  return JSON.stringify([...parts, host.id ?? host.name ?? place]);
}

/**
 * Machine, distro, targets, host class and build type in one text: equal texts are comparable builds. A bare directory, which says
 * nothing of the product, is compared with the others of its folder on its host.
 */
export function configurationKey(
  build: Pick<Build, 'machine' | 'distro' | 'targets' | 'host' | 'type' | 'sources'>,
): string {
  const folder = folderOf(build.sources[0]?.location ?? '');
  const { machine, distro, targets, host } = build;
  if (machine === null && distro === null && targets === null) {
    return JSON.stringify(['folder', folder, host.id ?? host.name, build.type.kind]);
  }
  const wanted = targets === null ? null : [...targets].sort();
  return JSON.stringify(['product', machine, distro, wanted, hostClassKey(host, folder), build.type.kind]);
}

/** The folder that holds the build directory, the tar or the log: builds side by side in it are of one kind. */
function folderOf(location: string): string {
  const trimmed = location.replace(/\/$/, '');
  return trimmed.slice(0, Math.max(0, trimmed.lastIndexOf('/')));
}

/** Tasks that make no product: their times say nothing about a build's usual. */
const NOT_A_PRODUCT = new Set(
  'clean cleansstate cleanall listtasks devshell pydevshell devpyshell menuconfig diffconfig savedefconfig fetch fetchall checkuri unpack'
    .split(' ')
    .map((task) => `do_${task}`),
);

/** False for runs that are kept out of baselines: every target asks for a task that makes no product (`busybox:do_cleansstate`). */
export function isProductBuild(build: Pick<Build, 'targets'>): boolean {
  if (build.targets === null || build.targets.length === 0) return true;
  return build.targets.some((target) => {
    const task = /:(\w+)$/.exec(target)?.[1];
    return task === undefined || !NOT_A_PRODUCT.has(task.startsWith('do_') ? task : `do_${task}`);
  });
}
