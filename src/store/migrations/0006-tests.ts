import type { Migration } from './index.ts';

/** Results of tests, by the id of the build that was tested: they are kept when it is stored again. Names of cases are shared by all runs. */
export const tests: Migration = {
  name: 'tests',
  statements: ({ types }) => {
    const { identity, integer, small, double, keyed } = types;
    return [
      // `about` is JSON of what is shown and not searched: configuration, layers, suites, names without a status.
      `create table test_runs (
        number ${identity},
        build text not null,
        run_key text not null,
        revision text not null,
        format text not null,
        type text,
        series text,
        machine text,
        image text,
        distro text,
        started_ms ${integer},
        received_ms ${integer} not null,
        passed ${small} not null,
        failed ${small} not null,
        skipped ${small} not null,
        other ${small} not null,
        about text not null,
        unique (build, run_key)
      )`,
      `create table test_names (number ${identity}, name text not null unique)`,
      `create table test_cases (run ${small} not null references test_runs(number) on delete cascade, ordinal ${small} not null,
        test ${small} not null, result text not null, state text not null, duration_ms ${double}, detail text,
        primary key (run, ordinal)) ${keyed}`,
      'create index test_cases_by_test on test_cases (test, run)',
    ];
  },
};
