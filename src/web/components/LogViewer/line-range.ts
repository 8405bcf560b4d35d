/** `#L120-L130`: lines somebody points at, as code forges write it. */
export interface LineRange {
  readonly from: number;
  readonly to: number;
}

const RANGE = /^#?L(\d{1,10})(?:-L?(\d{1,10}))?$/;

export function parseLineRange(hash: string): LineRange | null {
  const found = RANGE.exec(hash);
  if (found === null) return null;
  const a = Number(found[1]);
  const b = Number(found[2] ?? found[1]);
  if (a < 1 || b < 1) return null;
  return { from: Math.min(a, b), to: Math.max(a, b) };
}

export function formatLineRange({ from, to }: LineRange): string {
  return from === to ? `L${from}` : `L${from}-L${to}`;
}
