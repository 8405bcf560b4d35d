/** Name of a download: what every file system takes, and no more than 80 characters of what a stranger's build was called. */
export function downloadName(buildName: string, what: string, extension: string): string {
  const name = buildName
    .replaceAll(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[-.]+/, '')
    .slice(0, 80);
  return `${name === '' ? 'build' : name}-${what}.${extension}`;
}
