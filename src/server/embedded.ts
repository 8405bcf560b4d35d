/**
 * Files inside the release bundle. From a checkout there are none (null) and the server reads dist/web and fixtures/sample;
 * scripts/build.ts replaces this module's text with the real thing when it makes server.mjs, so that one file runs in an empty
 * directory.
 */
export interface EmbeddedFile {
  /** Media type with charset. */
  readonly type: string;
  /** The file, gzipped, in base64: decoded when first asked for, sent as it is to whoever accepts gzip. */
  readonly gzipBase64: string;
}

export interface EmbeddedFiles {
  /** By path below /buildstats/: `index.html`, `assets/index-abc.js`. */
  readonly web: Readonly<Record<string, EmbeddedFile>>;
  /** By path below fixtures/sample/. */
  readonly sample: Readonly<Record<string, EmbeddedFile>>;
  /** The page that a report file is made of. */
  readonly report: EmbeddedFile;
}

export const embedded: EmbeddedFiles | null = null;
