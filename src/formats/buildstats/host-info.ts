import type { Host } from '../../model/build.ts';

export const HOST_NOT_RECORDED: Host = {
  name: null,
  id: null,
  kernel: null,
  arch: null,
  distro: null,
  cores: null,
  memoryBytes: null,
  cpuModel: null,
};

const ARCH =
  /^(?:x86_64|i[3-6]86|amd64|aarch64|arm64|armv[\w.]{1,8}|ppc64(?:le)?|ppc|powerpc\w{0,4}|riscv(?:32|64)|s390x?|mips\w{0,6}|loongarch64|sparc64|alpha|ia64)$/;

/**
 * Host of a `Host Info:` line: the fields of uname joined by blanks, of which the version has blanks itself. 2011 wrote the
 * output of `uname -a`, which ends in `GNU/Linux`; some Pythons add the processor behind the machine.
 *
 *     Linux vm 6.18.44-fc-v509 #1 SMP PREEMPT_DYNAMIC @0 x86_64
 */
export function hostOf(hostInfo: string | null): Host {
  if (hostInfo === null) return HOST_NOT_RECORDED;
  const words = hostInfo.split(/\s+/).filter((word) => word !== '');
  const arch = words.findLast((word, i) => i >= 3 && ARCH.test(word)) ?? null;
  return {
    ...HOST_NOT_RECORDED,
    name: words[1] ?? null,
    kernel: words[2] ?? null,
    arch,
  };
}
