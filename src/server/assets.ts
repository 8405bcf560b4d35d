/**
 * The files of the pages, from dist/web in a checkout or from inside the release bundle (embedded.ts), behind one interface. Nothing
 * outside the known files can be named: a path is looked up in a list, never opened.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { EmbeddedFiles } from './embedded.ts';

export interface Asset {
  /** Media type, with charset where it is text. */
  readonly type: string;
  readonly bytes: Uint8Array;
  /** Null where gzip does not pay. */
  readonly gzip: Uint8Array | null;
  /** The name holds a hash of the content: it may be kept for ever. */
  readonly immutable: boolean;
}

export interface AssetSource {
  /** By path below /buildstats/: `index.html`, `assets/index-abc.js`. Null: no such file. */
  get(path: string): Asset | null;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json; charset=utf-8',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
};

/** Vite puts what it names by hash into `assets/`. */
function isHashed(path: string): boolean {
  return path.startsWith('assets/');
}

/** Each file is made ready when first asked for and kept: the pages are below a megabyte. */
function lazily(paths: readonly string[], make: (path: string) => Asset | null): AssetSource {
  const known = new Set(paths);
  const ready = new Map<string, Asset>();
  return {
    get(path) {
      if (!known.has(path)) return null;
      let asset = ready.get(path);
      if (asset === undefined) {
        const made = make(path);
        if (made === null) return null;
        asset = made;
        ready.set(path, asset);
      }
      return asset;
    },
  };
}

export function folderAssets(folder: string): AssetSource {
  if (!existsSync(folder)) return { get: () => null };
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'));
  return lazily(paths, (path) => {
    const bytes = readIfThere(join(folder, path));
    if (bytes === null) return null;
    const type = TYPES[extname(path)] ?? 'application/octet-stream';
    const shrinks = !/png|font|octet/.test(type);
    return { type, bytes, gzip: shrinks ? gzipSync(bytes) : null, immutable: isHashed(path) };
  });
}

export function embeddedAssets(files: EmbeddedFiles['web']): AssetSource {
  return lazily(Object.keys(files), (path) => {
    const file = files[path]!;
    const gzip = Buffer.from(file.gzipBase64, 'base64');
    return { type: file.type, bytes: gunzipSync(gzip), gzip, immutable: isHashed(path) };
  });
}

/** The pages of a checkout may be built anew while they are served; what the old ones named is gone then. */
function readIfThere(path: string): Uint8Array | null {
  try {
    return readFileSync(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
