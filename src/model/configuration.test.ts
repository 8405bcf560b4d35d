import { expect, test } from 'vitest';
import type { Build } from './build.ts';
import { configurationKey, isProductBuild } from './configuration.ts';
import { blankBuild } from './draw-build.ts';

const blank = blankBuild('x');
const host = {
  ...blank.host,
  name: 'alpha',
  id: 'h1',
  distro: 'debian-12',
  cores: 8,
  memoryBytes: 33e9,
  cpuModel: 'x',
};
const product: Build = { ...blank, machine: 'm', distro: 'd', targets: ['a', 'b'], host };
const at = (location: string): Partial<Build> => ({ sources: [{ kind: 'buildstats', location }] });

test('a product is known by what is built and on what class of host', () => {
  const key = configurationKey(product);
  const twin = { ...host, name: 'beta', id: 'h2', memoryBytes: 34.3e9 };
  expect(configurationKey({ ...product, host: twin, targets: ['b', 'a'], ...at('/x/y') })).toBe(key);
  expect(configurationKey({ ...product, host: { ...twin, memoryBytes: 64e9 } })).not.toBe(key);
  expect(configurationKey({ ...product, host: { ...twin, cores: 9 } })).not.toBe(key);
  expect(configurationKey({ ...product, targets: ['a'] })).not.toBe(key);
  expect(configurationKey({ ...product, type: { ...blank.type, kind: 'clean' } })).not.toBe(key);
});

test('not recorded never equals not recorded elsewhere', () => {
  const dim = { ...host, cpuModel: null };
  const key = configurationKey({ ...product, host: dim });
  expect(configurationKey({ ...product, host: dim })).toBe(key);
  expect(configurationKey({ ...product, host: { ...dim, id: 'h2', name: 'beta' } })).not.toBe(key);
  const unknown = { ...product, host: blank.host };
  expect(configurationKey({ ...unknown, ...at('/a/1') })).toBe(configurationKey({ ...unknown, ...at('/a/2') }));
  expect(configurationKey({ ...unknown, ...at('/a/1') })).not.toBe(configurationKey({ ...unknown, ...at('/b/2') }));
});

test('a bare directory is compared with those beside it, on its host', () => {
  const one = configurationKey({ ...blank, host, ...at('/home/u/tmp/buildstats/20261101000000') });
  expect(configurationKey({ ...blank, host, ...at('/home/u/tmp/buildstats/20261102000000/') })).toBe(one);
  expect(configurationKey({ ...blank, host, ...at('/home/v/tmp/buildstats/20261102000000') })).not.toBe(one);
});

test('runs that make no product are kept out of baselines', () => {
  expect(isProductBuild({ targets: null })).toBe(true);
  expect(isProductBuild({ targets: ['core-image-minimal'] })).toBe(true);
  expect(isProductBuild({ targets: ['core-image-minimal:do_populate_sdk'] })).toBe(true);
  expect(isProductBuild({ targets: ['busybox:do_cleansstate', 'zlib:cleansstate'] })).toBe(false);
  expect(isProductBuild({ targets: ['busybox:do_cleansstate', 'zlib'] })).toBe(true);
  expect(isProductBuild({ targets: ['mc:musl:busybox'] })).toBe(true);
});
