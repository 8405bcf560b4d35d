import { Popover } from '@mantine/core';
import type { ReactElement, ReactNode } from 'react';

/** What a button opens beneath itself: it takes the focus, keeps it, gives it back, and Escape closes it. */
export function Pop({
  opener,
  end = false,
  steered,
  children,
}: {
  opener: ReactElement;
  /** Its right edge is the button's, where that stands at the right of the page. */
  end?: boolean;
  /** Where something inside closes it too; then the opener opens it by its own click. Otherwise it keeps to itself whether it is open. */
  steered?: { readonly opened: boolean; readonly onChange: (opened: boolean) => void };
  children: ReactNode;
}) {
  return (
    <Popover
      {...steered}
      position={end ? 'bottom-end' : 'bottom-start'}
      shadow="none"
      trapFocus
      returnFocus
      transitionProps={{ duration: 0 }}
      classNames={{ dropdown: 'pop' }}
    >
      <Popover.Target>{opener}</Popover.Target>
      <Popover.Dropdown>{children}</Popover.Dropdown>
    </Popover>
  );
}
