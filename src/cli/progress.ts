import type { CliIo } from './io.ts';

/** Counts on one line of standard error, on a terminal only, and only after a second: short work should not flicker. */
export function progressLine(
  io: CliIo,
  what: string,
): { show(progress: { readonly done: number; readonly total: number | null }): void; clear(): void } {
  const startMs = io.nowMs();
  let shownMs = 0;
  let shown = false;
  return {
    show({ done, total }) {
      const nowMs = io.nowMs();
      if (!io.errIsTerminal || nowMs - startMs < 1000 || nowMs - shownMs < 100) return;
      shownMs = nowMs;
      shown = true;
      const count = total === null ? String(done) : `${done} of ${total}`;
      io.err(`\r\u001b[K${`${what}: ${count}`.slice(0, Math.max(20, io.columns - 1))}`);
    },
    clear() {
      if (shown) io.err('\r\u001b[K');
    },
  };
}
