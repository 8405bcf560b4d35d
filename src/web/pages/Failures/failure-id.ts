/** Digits of a build's id in the id of a failure: enough until two builds of one store begin alike. */
const ID_DIGITS = 8;

export function failureId(build: string, key: string): string {
  return `${build.slice(0, ID_DIGITS)}.${key}`;
}
