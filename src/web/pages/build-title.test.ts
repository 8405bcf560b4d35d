import { expect, test } from 'vitest';
import { buildTitle, placeName } from './build-title.ts';

test('a build is called by its targets, else by its place', () => {
  const location = '/home/me/poky/build/tmp/buildstats/20261121070012';
  expect(buildTitle({ targets: ['core-image-sato', 'bash'], location, name: '20261121070012' })).toBe(
    'core-image-sato bash',
  );
  expect(buildTitle({ targets: null, location, name: '20261121070012' })).toBe('poky/build');
  const page = 'https://ab.example/#/builders/2/builds/12';
  expect(buildTitle({ targets: null, location: page, name: 'qemux86-64 #12' })).toBe('qemux86-64 #12');
});

test('a place keeps what is not alike in every build', () => {
  expect(placeName('/data/results/qemux86.tar.zst!buildstats/20240101000000')).toBe('results/qemux86.tar.zst');
  expect(placeName('/b/tmp/log/eventlog/20261121070012.json')).toBe('b');
  expect(placeName('20261121070012')).toBe('20261121070012');
  expect(placeName('')).toBeNull();
});
