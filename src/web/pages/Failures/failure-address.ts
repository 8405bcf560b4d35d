/** Digits of a build's id in the address of a failure: enough until two builds of one store begin alike. */
const ID_DIGITS = 8;

export function failureAddress(build: string, key: string): string {
  return `/buildstats/f/${build.slice(0, ID_DIGITS)}.${key}`;
}
