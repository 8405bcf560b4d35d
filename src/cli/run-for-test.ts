/** Runs a command line in this process with everything it would touch given: for tests. */
import type { CliIo } from './io.ts';
import { runCli } from './program.ts';

export interface TestRun {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export async function runForTest(
  argv: readonly string[],
  given: Partial<Omit<CliIo, 'out' | 'err'>> = {},
): Promise<TestRun> {
  const out: Buffer[] = [];
  let err = '';
  const code = await runCli(argv, {
    environment: {},
    folder: '/',
    outIsTerminal: false,
    errIsTerminal: false,
    columns: 80,
    nowMs: () => Date.UTC(2026, 10, 21),
    readLine: () => '',
    askSecret: async () => null,
    ...given,
    out: (text) => void out.push(Buffer.from(text)),
    err: (text) => {
      err += text;
    },
  });
  return { code, out: Buffer.concat(out).toString(), err };
}
