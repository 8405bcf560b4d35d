/** What a build is called on screen: what was asked for; where no source says that, the folder or log it was read from. */
import type { BuildRow } from '../../api/contract.ts';

type Named = Pick<BuildRow, 'targets' | 'location' | 'name'>;

export function buildTitle(build: Named): string {
  if (build.targets !== null && build.targets.length > 0) return build.targets.join(' ');
  // As a farm's server numbers its builds: `qemux86-64 #12`, `qemux86-64 #20261121-3`.
  if (/ #[\w.-]+$/.test(build.name)) return build.name;
  return placeName(build.location) ?? build.name;
}

/**
 * The part of a path that tells builds apart: `…/poky/build/tmp/buildstats/20261121070012` is `poky/build`, since every build
 * directory ends alike.
 */
export function placeName(location: string): string | null {
  const parts = location.split(/[/!]/).filter((part) => part !== '' && part !== '.');
  while (parts.length > 1 && /^(\d{8,14}|tmp(-\w+)?|buildstats|log|eventlog|\d{8,}.*\.json)$/.test(parts.at(-1)!))
    parts.pop();
  return parts.length === 0 ? null : parts.slice(-2).join('/');
}
