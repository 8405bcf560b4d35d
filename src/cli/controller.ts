import { enableCompileCache } from 'node:module';

/**
 * The controller's code, which in a release is the file beside: everything but the quick road of summary and compare. Its compiled
 * form is kept between runs, which saves two thirds of the time to load it.
 */
export function loadController(): Promise<typeof import('../server/main.ts')> {
  enableCompileCache();
  return import('../server/main.ts');
}

/** The readers, the store and the exports in it, without the web server. */
export async function loadLibrary(): Promise<typeof import('../server/library.ts')> {
  return (await loadController()).loadLibrary();
}
