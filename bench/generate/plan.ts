/**
 * Which recipes a build has, which tasks they have, and what each task waits for. Depends on the number of tasks and of
 * upgrades only, never on the seed: two builds of one size have the same tasks, as two builds of one image do.
 */
import { type RecipeFact, recipeFacts } from './facts.ts';
import { hashText, Random } from './random.ts';

export type Variant = 'target' | 'native' | 'nativesdk' | Multilib | 'cross' | 'image';
type Multilib = 'lib32' | 'lib64' | 'libx32' | 'libn32' | 'libilp32';

export interface PlannedRecipe {
  readonly pn: string;
  readonly pv: string;
  readonly pr: string;
  /** `<PN>-<PV>-<PR>`: the name of its folder. */
  readonly pf: string;
  readonly variant: Variant;
  readonly fact: RecipeFact;
  /** CPU seconds of its do_compile: the size that all its tasks scale with. */
  readonly weight: number;
  /** Recipes it needs at build time, by index. */
  readonly depends: readonly number[];
  /** The .bb file, as bitbake names it. */
  readonly file: string;
}

export interface PlannedTask {
  readonly recipe: number;
  readonly name: string;
  /** Tasks that must have ended before it starts, by index; always smaller than its own. */
  readonly depends: readonly number[];
}

export interface Plan {
  readonly recipes: readonly PlannedRecipe[];
  readonly tasks: readonly PlannedTask[];
  readonly target: string;
}

/** A core-image-sato has 580 recipes and 10,000 tasks: this many tasks a recipe. */
const TASKS_PER_RECIPE = 10_000 / 580;

/** What a build has first, whatever its size: the toolchain, then what people know and look for. */
const FIRST = [
  'quilt-native',
  'linux-libc-headers',
  'binutils-cross',
  'gcc-cross',
  'glibc',
  'libgcc',
  'gcc-runtime',
  'busybox',
  'zlib',
  'openssl',
  'linux-yocto',
  'python3',
  'systemd',
  'bash',
  'curl',
  'dbus',
  'sqlite3',
  'glib-2.0',
  'cmake-native',
  'qemu',
  'llvm',
  'mesa',
  'gtk+3',
  'gtk4',
  'webkitgtk',
  'rust',
  'gstreamer1.0-plugins-base',
  'perl',
  'git',
];

/** CPU seconds of do_compile of recipes that everybody knows to be long; all others are drawn by name around 18 s. */
const HEAVY: Readonly<Record<string, number>> = {
  llvm: 9200,
  clang: 9800,
  webkitgtk: 11800,
  rust: 7600,
  gcc: 4200,
  'gcc-cross': 3600,
  'gcc-runtime': 420,
  glibc: 900,
  'linux-yocto': 3900,
  qemu: 2300,
  nodejs: 6100,
  python3: 460,
  openssl: 700,
  mesa: 880,
  'gtk+3': 420,
  gtk4: 610,
  systemd: 520,
  perl: 330,
  'cmake-native': 900,
  ovmf: 500,
  binutils: 380,
  'binutils-cross': 300,
  gdb: 560,
  go: 700,
  boost: 620,
  ffmpeg: 740,
};

/** In the order in which larger builds take them up; a build of 100,000 tasks needs all the multilibs. */
const VARIANTS: readonly Variant[] = [
  'target',
  'native',
  'nativesdk',
  'lib32',
  'lib64',
  'libx32',
  'libn32',
  'libilp32',
];
const MULTILIBS: ReadonlySet<Variant> = new Set<Variant>(['lib32', 'lib64', 'libx32', 'libn32', 'libilp32']);
/** Below this many recipes most native ones are left to the host, or a small build would consist of nothing else. */
const SMALL_BUILD_RECIPES = 100;

function leftOut(fact: RecipeFact): boolean {
  return (
    fact.pn.startsWith('core-image-') ||
    fact.pn.startsWith('build-appliance') ||
    fact.pn.includes('canadian') ||
    fact.pn.includes('crosssdk') ||
    fact.pn.startsWith('meta-') ||
    fact.inherits.includes('core-image')
  );
}

function baseVariant(fact: RecipeFact): Variant {
  if (fact.pn.startsWith('nativesdk-')) return 'nativesdk';
  if (fact.pn.endsWith('-native') || fact.inherits.includes('native')) return 'native';
  if (fact.pn.endsWith('-cross')) return 'cross';
  return 'target';
}

function variantName(fact: RecipeFact, variant: Variant): string {
  if (variant === baseVariant(fact)) return variant === 'cross' ? `${fact.pn}-x86_64` : fact.pn;
  if (variant === 'native') return `${fact.pn}-native`;
  return `${variant}-${fact.pn}`;
}

function canBe(fact: RecipeFact, variant: Variant): boolean {
  if (variant === baseVariant(fact)) return true;
  if (baseVariant(fact) !== 'target') return false;
  if (variant === 'native' || variant === 'nativesdk') return fact.extends.includes(variant);
  return MULTILIBS.has(variant);
}

/** A recipe's name in a dependency list -> the recipe and the variant that is meant, or null for what is provided by the host. */
function resolve(name: string, variant: Variant): { fact: RecipeFact; variant: Variant } | null {
  const facts = recipeFacts();
  const exact = facts.get(name);
  if (exact !== undefined) {
    const base = baseVariant(exact);
    if (base !== 'target') return { fact: exact, variant: base };
    // A native recipe's plain dependency is on the native variant: that is what class native does to DEPENDS.
    return { fact: exact, variant: canBe(exact, variant) && variant !== 'cross' ? variant : 'target' };
  }
  if (name.endsWith('-native')) {
    const fact = facts.get(name.slice(0, -'-native'.length));
    if (fact !== undefined && canBe(fact, 'native')) return { fact, variant: 'native' };
  }
  return null;
}

function nextVersion(version: string): string {
  // The last number goes up by one: 1.2.16 -> 1.2.17, 20260408 -> 20260409.
  return version.replace(/(\d+)(?=\D*$)/, (digits) => String(Number(digits) + 1));
}

function weightOf(fact: RecipeFact, variant: Variant): number {
  if (fact.inherits.includes('packagegroup')) return 0.2;
  const known = HEAVY[fact.pn];
  const drawn = Math.min(400, 18 * new Random(`weight ${fact.pn}`).logNormal(1.15));
  // Native variants are configured with less.
  return (known ?? drawn) * (variant === 'native' && known === undefined ? 0.7 : 1);
}

/** Recipes in an order in which each comes after what it needs. */
function selectRecipes(count: number, upgrades: number, target: string): PlannedRecipe[] {
  const facts = recipeFacts();
  const byKey = new Map<string, number>();
  const open = new Set<string>();
  const recipes: PlannedRecipe[] = [];

  const visit = (fact: RecipeFact, variant: Variant): void => {
    const pn = variantName(fact, variant);
    // `open` breaks the few circles that DEPENDS of different configurations form.
    if (byKey.has(pn) || open.has(pn) || leftOut(fact)) return;
    open.add(pn);
    const wanted: { fact: RecipeFact; variant: Variant }[] = [];
    for (const name of fact.depends) {
      const found = resolve(name, variant);
      if (found === null) continue;
      if (count < SMALL_BUILD_RECIPES && found.variant === 'native' && hashText(found.fact.pn) % 8 !== 0) continue;
      wanted.push(found);
    }
    if (variant === 'target' && !fact.inherits.includes('allarch') && fact.pn !== 'linux-libc-headers') {
      for (const name of ['gcc-cross', 'glibc', 'gcc-runtime']) {
        const tool = facts.get(name);
        if (tool !== undefined && tool !== fact) wanted.push({ fact: tool, variant: baseVariant(tool) });
      }
    }
    for (const w of wanted) if (recipes.length < count) visit(w.fact, w.variant);
    open.delete(pn);
    if (recipes.length >= count) return;
    const depends = new Set<number>();
    for (const w of wanted) {
      const index = byKey.get(variantName(w.fact, w.variant));
      if (index !== undefined) depends.add(index);
    }
    byKey.set(pn, recipes.length);
    recipes.push({
      pn,
      pv: fact.version,
      pr: 'r0',
      pf: `${pn}-${fact.version}-r0`,
      variant,
      fact,
      weight: weightOf(fact, variant),
      depends: [...depends].sort((a, b) => a - b),
      file: `${variant === 'native' && fact.extends.includes('native') ? 'virtual:native:' : ''}${
        variant === 'nativesdk' ? 'virtual:nativesdk:' : MULTILIBS.has(variant) ? `virtual:multilib:${variant}:` : ''
      }/srv/build/openembedded-core/meta/${fact.section}/${fact.pn}/${fact.pn}_${fact.version}.bb`,
    });
  };

  for (const pn of FIRST) {
    const fact = facts.get(pn);
    if (fact !== undefined && recipes.length < count) visit(fact, baseVariant(fact));
  }
  const rest = [...facts.values()].sort((a, b) => hashText(a.pn) - hashText(b.pn) || (a.pn < b.pn ? -1 : 1));
  for (const variant of VARIANTS) {
    for (const fact of rest) {
      if (recipes.length >= count) break;
      if (variant === 'target' ? true : canBe(fact, variant) && baseVariant(fact) === 'target') {
        visit(fact, variant === 'target' ? baseVariant(fact) : variant);
      }
    }
  }

  // Upgraded ones are spread over the whole list, the same for every seed.
  const order = recipes
    .map((_, i) => i)
    .sort((a, b) => hashText(`up ${recipes[a]!.pn}`) - hashText(`up ${recipes[b]!.pn}`));
  for (const index of order.slice(0, upgrades)) {
    const recipe = recipes[index]!;
    const pv = nextVersion(recipe.pv);
    recipes[index] = { ...recipe, pv, pf: `${recipe.pn}-${pv}-${recipe.pr}`, file: recipe.file.replace(recipe.pv, pv) };
  }

  const imageFact: RecipeFact = facts.get(target) ?? {
    pn: target,
    version: '1.0',
    section: 'recipes-sato',
    depends: [],
    inherits: ['core-image'],
    extends: [],
  };
  recipes.push({
    pn: target,
    pv: '1.0',
    pr: 'r0',
    pf: `${target}-1.0-r0`,
    variant: 'image',
    fact: imageFact,
    weight: 4,
    depends: recipes.flatMap((r, i) => (r.variant === 'target' ? [i] : [])),
    file: `/srv/build/openembedded-core/meta/${imageFact.section}/images/${target}.bb`,
  });
  return recipes;
}

/** Task of a recipe: its name and what it waits for, `^do_x` being do_x of every recipe it depends on. */
type Step = readonly [name: string, ...after: string[]];

function stepsOf(recipe: PlannedRecipe): { always: Step[]; optional: Step[] } {
  if (recipe.variant === 'image') {
    return {
      always: [
        ['do_recipe_qa'],
        ['do_prepare_recipe_sysroot', '^do_populate_sysroot'],
        ['do_rootfs', 'do_prepare_recipe_sysroot', '^do_package_write_ipk', '^do_packagedata'],
        ['do_image_qa', 'do_rootfs'],
        ['do_write_qemuboot_conf', 'do_rootfs'],
        ['do_write_wks_template', 'do_rootfs'],
        ['do_image', 'do_rootfs'],
        ['do_image_ext4', 'do_image'],
        ['do_image_tar', 'do_image'],
        ['do_image_wic', 'do_image', 'do_write_wks_template'],
        ['do_flush_pseudodb', 'do_image_ext4', 'do_image_tar'],
        ['do_image_complete', 'do_image_wic', 'do_flush_pseudodb', 'do_image_qa'],
        ['do_populate_lic_deploy', 'do_image_complete'],
      ],
      optional: [],
    };
  }
  const inherits = recipe.fact.inherits;
  const packaged = recipe.variant !== 'native' && recipe.variant !== 'cross';
  const kernel = recipe.fact.pn === 'linux-yocto';
  const always: Step[] = [
    ['do_recipe_qa'],
    ['do_fetch'],
    ['do_unpack', 'do_fetch'],
    ...(kernel
      ? ([
          ['do_symlink_kernsrc', 'do_unpack'],
          ['do_kernel_checkout', 'do_symlink_kernsrc'],
          ['do_validate_branches', 'do_kernel_checkout'],
          ['do_kernel_metadata', 'do_validate_branches'],
          ['do_patch', 'do_kernel_metadata'],
          ['do_kernel_version_sanity_check', 'do_patch'],
          ['do_kernel_configme', 'do_patch'],
        ] satisfies Step[])
      : ([['do_patch', 'do_unpack']] satisfies Step[])),
    ['do_deploy_source_date_epoch', 'do_patch'],
    ['do_populate_lic', 'do_patch'],
    ['do_prepare_recipe_sysroot', 'do_fetch', '^do_populate_sysroot'],
  ];
  const beforeConfigure = ['do_patch', 'do_deploy_source_date_epoch', 'do_prepare_recipe_sysroot'];
  if (inherits.includes('cmake')) {
    always.push(['do_generate_toolchain_file', 'do_patch']);
    beforeConfigure.push('do_generate_toolchain_file');
  }
  if (inherits.includes('meson')) {
    always.push(['do_write_config', 'do_patch']);
    beforeConfigure.push('do_write_config');
  }
  if (kernel) beforeConfigure.push('do_kernel_configme');
  always.push(['do_configure', ...beforeConfigure], ['do_compile', 'do_configure']);
  if (kernel)
    always.push(
      ['do_shared_workdir', 'do_compile'],
      ['do_compile_kernelmodules', 'do_compile'],
      ['do_strip', 'do_compile'],
    );
  always.push(['do_install', 'do_compile', ...(kernel ? ['do_compile_kernelmodules', 'do_strip'] : [])]);
  always.push(['do_populate_sysroot', 'do_install']);
  const optional: Step[] = [];
  if (packaged) {
    always.push(
      ['do_package', 'do_install', '^do_packagedata'],
      ['do_packagedata', 'do_package'],
      ['do_package_qa', 'do_packagedata'],
      ['do_package_write_ipk', 'do_packagedata'],
    );
    if (inherits.includes('ptest')) {
      optional.push(
        ['do_compile_ptest_base', 'do_compile'],
        ['do_install_ptest_base', 'do_install', 'do_compile_ptest_base'],
      );
    }
    optional.push(['do_create_spdx', 'do_install'], ['do_create_package_spdx', 'do_packagedata', 'do_create_spdx']);
    optional.push(['do_package_write_rpm', 'do_packagedata'], ['do_package_write_deb', 'do_packagedata']);
  } else {
    optional.push(['do_create_spdx', 'do_install']);
  }
  optional.push(['do_cve_check', 'do_patch'], ['do_checkuri', 'do_fetch']);
  return { always, optional };
}

/** A plan with exactly `tasks` tasks, between 300 and 100,000; outside, as near as the recipes allow. */
export function planBuild(tasks: number, upgrades: number): Plan {
  const target = tasks < 2000 ? 'core-image-minimal' : 'core-image-sato';
  const recipes = selectRecipes(Math.max(2, Math.round(tasks / TASKS_PER_RECIPE) - 1), upgrades, target);
  const steps = recipes.map(stepsOf);
  let missing = tasks - steps.reduce((sum, s) => sum + s.always.length, 0);
  // Too many: the last plain recipes lose their tasks beyond do_unpack, as recipes do whose sources only are wanted.
  for (let r = recipes.length - 2; r >= 0 && missing < 0; r--) {
    const cut = Math.min(steps[r]!.always.length - 3, -missing);
    steps[r]!.always.length -= cut;
    missing += cut;
  }
  const chosen: Step[][] = steps.map((s) => s.always.slice());
  for (let round = 0; round < 12 && missing > 0; round++) {
    for (let r = 0; r < recipes.length && missing > 0; r++) {
      const step = steps[r]!.optional[round];
      if (step === undefined) continue;
      chosen[r]!.push(step);
      missing--;
    }
  }

  const planned: PlannedTask[] = [];
  const byRecipe: Map<string, number>[] = [];
  for (let r = 0; r < recipes.length; r++) {
    const own = new Map<string, number>();
    byRecipe.push(own);
    for (const [name, ...after] of chosen[r]!) {
      const depends = new Set<number>();
      for (const a of after) {
        if (a.startsWith('^')) {
          for (const d of recipes[r]!.depends) {
            const index = byRecipe[d]!.get(a.slice(1));
            if (index !== undefined) depends.add(index);
          }
        } else {
          const index = own.get(a);
          if (index !== undefined) depends.add(index);
        }
      }
      own.set(name, planned.length);
      planned.push({ recipe: r, name, depends: [...depends] });
    }
  }
  return { recipes, tasks: planned, target };
}
