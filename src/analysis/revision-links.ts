/**
 * Where a layer's commits can be looked at. No build says where its layers were cloned from, so this is a table from the names of layers to the
 * web pages of their repositories: the well-known ones are here, those of a site come from its setting (docs/settings.md, `layerPages`), which
 * goes first.
 *
 *     meta-acme=https://github.com/acme/meta-acme             by the host's name: github.com, gitlab.*, anything else is cgit
 *     meta-acme=gitlab+https://code.acme.example/bsp/meta     said outright
 */
import type { LayerRange } from './blame-range.ts';

export const FORGES = ['github', 'gitlab', 'cgit'] as const;
export type Forge = (typeof FORGES)[number];

export interface LayerPage {
  readonly forge: Forge;
  /** Of the repository, without a slash at the end. */
  readonly url: string;
}

const yocto = (path: string): LayerPage => ({ forge: 'cgit', url: `https://git.yoctoproject.org/${path}` });
const openembedded = (path: string): LayerPage => ({ forge: 'cgit', url: `https://git.openembedded.org/${path}` });

const POKY = yocto('poky');
const META_OE = openembedded('meta-openembedded');
const META_VIRTUALIZATION = yocto('meta-virtualization');

/** By folder and by name of collection, as the layer is called in builds of one release or another. */
const KNOWN: ReadonlyMap<string, LayerPage> = new Map([
  ['core', openembedded('openembedded-core')],
  ['meta', openembedded('openembedded-core')],
  ['openembedded-core', openembedded('openembedded-core')],
  ['oe-core', openembedded('openembedded-core')],
  ['poky', POKY],
  ['yocto', yocto('meta-yocto')],
  ['yoctobsp', yocto('meta-yocto')],
  ['meta-poky', yocto('meta-yocto')],
  ['meta-yocto', yocto('meta-yocto')],
  ['meta-yocto-bsp', yocto('meta-yocto')],
  ['selftest', openembedded('openembedded-core')],
  ['meta-selftest', openembedded('openembedded-core')],
  ['skeleton', openembedded('openembedded-core')],
  ['meta-skeleton', openembedded('openembedded-core')],
  ...[
    'openembedded-layer',
    'meta-oe',
    'meta-openembedded',
    'meta-python',
    'networking-layer',
    'meta-networking',
    'multimedia-layer',
    'meta-multimedia',
    'filesystems-layer',
    'meta-filesystems',
    'gnome-layer',
    'meta-gnome',
    'xfce-layer',
    'meta-xfce',
    'webserver',
    'meta-webserver',
    'perl-layer',
    'meta-perl',
    'meta-initramfs',
  ].map((name) => [name, META_OE] as const),
  ['virtualization-layer', META_VIRTUALIZATION],
  ['meta-virtualization', META_VIRTUALIZATION],
  ['security', yocto('meta-security')],
  ['meta-security', yocto('meta-security')],
  ['selinux', yocto('meta-selinux')],
  ['meta-selinux', yocto('meta-selinux')],
  ['cloud-services-layer', yocto('meta-cloud-services')],
  ['meta-cloud-services', yocto('meta-cloud-services')],
  ['intel', yocto('meta-intel')],
  ['meta-intel', yocto('meta-intel')],
  ['raspberrypi', yocto('meta-raspberrypi')],
  ['meta-raspberrypi', yocto('meta-raspberrypi')],
  ['freescale-layer', yocto('meta-freescale')],
  ['meta-freescale', yocto('meta-freescale')],
  ['meta-arm', yocto('meta-arm')],
  ['meta-arm-bsp', yocto('meta-arm')],
  ['meta-arm-toolchain', yocto('meta-arm')],
  ['meta-mingw', yocto('meta-mingw')],
  ['qt5-layer', { forge: 'github', url: 'https://github.com/meta-qt5/meta-qt5' }],
  ['meta-qt5', { forge: 'github', url: 'https://github.com/meta-qt5/meta-qt5' }],
  ['clang-layer', { forge: 'github', url: 'https://github.com/kraj/meta-clang' }],
  ['meta-clang', { forge: 'github', url: 'https://github.com/kraj/meta-clang' }],
  ['meta-ti-bsp', yocto('meta-ti')],
  ['meta-ti', yocto('meta-ti')],
]);

/** The combined repository's two parts: layers with one and the same commit can only be of one repository. */
const CORE_OF_POKY: ReadonlySet<string> = new Set([
  'core',
  'meta',
  'selftest',
  'meta-selftest',
  'skeleton',
  'meta-skeleton',
]);
const REST_OF_POKY: ReadonlySet<string> = new Set(['yocto', 'yoctobsp', 'meta-poky', 'meta-yocto', 'meta-yocto-bsp']);

export interface LayerCommits {
  readonly name: string;
  readonly from: string | null;
  readonly to: string | null;
}

/** Page of the repository that a layer lies in; null: nobody told. `all`: the layers it stands beside. */
export function layerPage(
  own: ReadonlyMap<string, LayerPage>,
  layer: LayerCommits,
  all: readonly LayerCommits[] = [],
): LayerPage | null {
  const said = own.get(layer.name);
  if (said !== undefined) return said;
  const others = CORE_OF_POKY.has(layer.name) ? REST_OF_POKY : REST_OF_POKY.has(layer.name) ? CORE_OF_POKY : null;
  const commit = layer.to ?? layer.from;
  if (others !== null && commit !== null) {
    const together = all.some((other) => others.has(other.name) && (other.to ?? other.from) === commit);
    if (together) return POKY;
  }
  return KNOWN.get(layer.name) ?? null;
}

/** Of what was recorded: nothing else may become a part of an address. */
const COMMIT = /^[0-9a-f]{7,64}$/;

/** The page of one commit; null where the words are no commit. */
export function commitLink({ forge, url }: LayerPage, commit: string | null): string | null {
  if (commit === null || !COMMIT.test(commit)) return null;
  switch (forge) {
    case 'github':
      return `${url}/commit/${commit}`;
    case 'gitlab':
      return `${url}/-/commit/${commit}`;
    case 'cgit':
      return `${url}/commit/?id=${commit}`;
  }
}

/** The page of the commits after `from` up to `to`; of `to` alone where there is no `from`. */
export function rangeLink(page: LayerPage, { from, to }: Pick<LayerRange, 'from' | 'to'>): string | null {
  if (from === null || to === null || from === to) return commitLink(page, to ?? from);
  if (!COMMIT.test(from) || !COMMIT.test(to)) return null;
  switch (page.forge) {
    case 'github':
      return `${page.url}/compare/${from}...${to}`;
    case 'gitlab':
      return `${page.url}/-/compare/${from}...${to}`;
    case 'cgit':
      return `${page.url}/log/?qt=range&q=${from}..${to}`;
  }
}

/** `name=[forge+]URL` -> a line of the table; what is wrong with it, else. */
export function parseLayerPage(text: string): { readonly name: string; readonly page: LayerPage } | string {
  const found = /^([^=\s]{1,200})=(?:(\w+)\+)?(https?:\/\/\S{1,500})$/.exec(text);
  if (found === null) return `"${text.slice(0, 80)}" is not NAME=URL with an http or https address.`;
  const [, name, said, address] = found;
  if (said !== undefined && !FORGES.some((forge) => forge === said))
    return `"${said}" is none of ${FORGES.join(', ')}: write github+https://…, gitlab+https://… or cgit+https://….`;
  let parsed: URL;
  try {
    parsed = new URL(address!);
  } catch {
    return `"${address!.slice(0, 80)}" is not an address.`;
  }
  if (parsed.username !== '' || parsed.password !== '')
    return `The address of ${name} holds a password; it would be shown to everybody.`;
  const forge: Forge = FORGES.find((one) => one === said) ?? forgeOf(parsed.hostname);
  const url = `${parsed.origin}${parsed.pathname}`.replace(/(?:\.git)?\/*$/, '');
  return { name: name!, page: { forge, url } };
}

function forgeOf(host: string): Forge {
  if (host === 'github.com') return 'github';
  return /(?:^|\.)gitlab\./.test(host) ? 'gitlab' : 'cgit';
}
