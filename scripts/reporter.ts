/**
 * The last lines of a test run: what could not be tested for want of a real part, in one line, then the plain count.
 * With BAKEHOUSE_REQUIRE=all a part that is missing has already failed its test (test/real-parts.ts).
 */
import type { Reporter, TestCase, TestModule } from 'vitest/node';

export default class PlainReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    let passed = 0;
    let failed = 0;
    const skipped: TestCase[] = [];
    // A process that died takes its tests with it: they are neither passed nor failed, so it is counted itself.
    let broken = unhandled.length;
    for (const module of modules) {
      if (module.errors().length > 0) broken++;
      for (const test of module.children.allTests()) {
        const state = test.result().state;
        if (state === 'passed') passed++;
        else if (state === 'failed') failed++;
        else skipped.push(test);
      }
    }
    const files = new Map<string, number>();
    for (const test of skipped) {
      const name = test.module.relativeModuleId;
      files.set(name, (files.get(name) ?? 0) + 1);
    }
    const where = [...files].map(([name, n]) => `${name} (${n})`).join(', ');
    console.log(
      skipped.length === 0
        ? 'Nothing was skipped.'
        : `Skipped for want of a real part (PostgreSQL, Chromium, ../shared/data, nginx, a named BitBake, oe-core or s3rver): ${where}`,
    );
    console.log(`${passed} passed, ${failed + broken} failed, ${skipped.length} skipped`);
  }
}
