import { useNavigate, useRouterState } from '@tanstack/react-router';
import { useMemo } from 'react';
import { formatLineRange, type LineRange, parseLineRange } from './line-range.ts';

/** The lines that the address points at. They are followed by the viewer: the page itself stays where it is. */
export function useLineRange(): readonly [LineRange | null, (range: LineRange | null) => void] {
  const hash = useRouterState({ select: (state) => state.location.hash });
  const navigate = useNavigate();
  const range = useMemo(() => parseLineRange(hash), [hash]);
  const set = (next: LineRange | null): void =>
    void navigate({
      to: '.',
      search: (old) => old,
      hash: next === null ? '' : formatLineRange(next),
      replace: true,
      resetScroll: false,
      hashScrollIntoView: false,
    });
  return [range, set];
}
