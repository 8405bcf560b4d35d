import { describe, expect, it } from 'vitest';
import { TASK_OUTCOMES } from '../model/task-table.ts';
import {
  barFills,
  COLOUR_BYS,
  contrast,
  FILL_FAILED,
  inkOn,
  PALETTES,
  paletteCss,
  TASK_KINDS,
  taskKind,
} from './palette.ts';

describe('taskKind', () => {
  it('knows the tasks of real builds', () => {
    const cases: Record<string, string> = {
      do_fetch: 'fetch',
      do_patch: 'fetch',
      do_prepare_recipe_sysroot: 'prepare',
      do_configure: 'configure',
      do_kernel_configme: 'configure',
      do_compile: 'compile',
      do_compile_ptest_base: 'compile',
      do_install: 'install',
      do_populate_sysroot: 'sysroot',
      do_package: 'package',
      do_packagedata: 'package',
      do_package_qa: 'package',
      do_package_write_rpm: 'write',
      do_rootfs: 'image',
      do_image_ext4: 'image',
      do_populate_sysroot_setscene: 'setscene',
      do_populate_lic: 'other',
    };
    for (const [task, kind] of Object.entries(cases)) expect([task, taskKind(task)]).toEqual([task, kind]);
  });
});

describe('colours', () => {
  for (const scheme of ['light', 'dark'] as const) {
    const palette = PALETTES[scheme];
    it(`${scheme}: text and what is written on bars has a contrast of 4.5`, () => {
      for (const colour of [palette.ink, palette.inkMuted, palette.warning, palette.error]) {
        expect(contrast(colour, palette.background)).toBeGreaterThanOrEqual(4.5);
        expect(contrast(colour, palette.surface)).toBeGreaterThanOrEqual(4.5);
      }
      for (const colour of palette.series) expect(contrast(colour, palette.background)).toBeGreaterThanOrEqual(4.5);
      for (const colourBy of COLOUR_BYS) {
        for (const colour of barFills(colourBy, palette).colours) {
          expect(contrast(inkOn(colour), colour)).toBeGreaterThanOrEqual(4.5);
        }
      }
    });

    it(`${scheme}: only failed tasks have the colour of failed tasks`, () => {
      for (const colourBy of COLOUR_BYS) {
        const { colours, labels } = barFills(colourBy, palette);
        const at = colourBy === 'outcome' ? TASK_OUTCOMES.indexOf('failed') : FILL_FAILED;
        expect(labels[at]).toBe('failed');
        expect(colours.filter((c) => c === palette.outcome.failed)).toEqual([colours[at]]);
      }
    });
  }

  it('classic has the hues of the known charts', () => {
    const { colours } = barFills('classic', PALETTES.light);
    const of = (kind: (typeof TASK_KINDS)[number]) => colours[TASK_KINDS.indexOf(kind)];
    expect([of('configure'), of('compile'), of('install'), of('sysroot'), of('package'), of('write')]).toEqual([
      '#ffff00',
      '#00ff00',
      '#ff00ff',
      '#0000ff',
      '#00ffff',
      '#008080',
    ]);
  });
});

describe('paletteCss', () => {
  it('has every token once per scheme', () => {
    const css = paletteCss();
    for (const token of [
      '--bh-background',
      '--bh-ink-muted',
      '--bh-outcome-not-run',
      '--bh-kind-compile',
      '--bh-series-0',
      '--bh-diverging-6',
    ]) {
      expect(css.split(`${token}: `)).toHaveLength(1 + 3);
    }
    expect(css).not.toMatch(/undefined|object/);
    expect(css.split('{').length).toBe(css.split('}').length);
  });
});
