/** The checks of a comparison as JUnit XML, which Jenkins, GitLab and Buildbot show as tests. */
import type { Comparison } from '../analysis/compare.ts';
import type { Build } from '../model/build.ts';
import { formatDifference, formatQuantity } from '../model/format.ts';
import type { CheckResult } from './fail-on.ts';

/** XML 1.0 has no way to write most control characters and lone surrogates. */
function xml(text: string): string {
  return (
    text
      .toWellFormed()
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to be taken out
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
      .replace(/[&<>"'\n\r\t]/g, (c) => `&#${c.charCodeAt(0)};`)
  );
}

/** Without any check there is one test that says what was compared: some servers take an empty suite for an error. */
export function junitXml(comparison: Comparison, builds: readonly Build[], results: readonly CheckResult[]): string {
  const name = builds.map((build) => build.name).join(' -> ');
  const cases = results.map(({ check, passed, message }) => {
    const open = `    <testcase classname="bakehouse.compare" name="${xml(check.text)}"`;
    return passed
      ? `${open}><system-out>${xml(message)}</system-out></testcase>`
      : `${open}><failure type="regression" message="${xml(message)}"/></testcase>`;
  });
  if (cases.length === 0) cases.push(`    <testcase classname="bakehouse.compare" name="${xml(`compared ${name}`)}"/>`);
  const failures = results.filter(({ passed }) => !passed).length;
  const said = [
    ...comparison.warnings,
    ...comparison.totals.map(({ metric, values, differences }) => {
      const shown = values.map((value) => formatQuantity(value, metric.unit)).join(' -> ');
      return `${metric.label}: ${shown} (${formatDifference(differences.at(-1), metric.unit)})`;
    }),
  ];
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites tests="${cases.length}" failures="${failures}">`,
    `  <testsuite name="${xml(`bakehouse compare ${name}`)}" tests="${cases.length}" failures="${failures}" errors="0" skipped="0">`,
    ...cases,
    `    <system-out>${said.map((line) => xml(line)).join('\n')}</system-out>`,
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}
