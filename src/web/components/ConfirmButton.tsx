/** A button for what cannot be taken back: it opens a question, and only that does it. */
import { Modal } from '@mantine/core';
import { type ReactNode, useRef, useState } from 'react';
import { ErrorNote } from './Notes.tsx';

export function ConfirmButton({
  label,
  describe,
  title,
  question,
  action,
  run,
  plain = false,
}: {
  /** On the button that opens the question. */
  label: string;
  /** Its name where several such buttons are on a page. */
  describe?: string;
  title: string;
  question: ReactNode;
  /** On the button that does it. */
  action: string;
  run: () => Promise<unknown>;
  plain?: boolean;
}) {
  const [open, setOpen] = useState(false);
  const [state, setState] = useState<{ busy: boolean; error: unknown }>({ busy: false, error: null });
  const opener = useRef<HTMLButtonElement>(null);
  const close = (): void => {
    setOpen(false);
    setState({ busy: false, error: null });
    opener.current?.focus();
  };
  const start = (): void => {
    setState({ busy: true, error: null });
    run().then(close, (error: unknown) => setState({ busy: false, error }));
  };
  return (
    <>
      <button
        ref={opener}
        type="button"
        className={plain ? 'btn plain' : 'btn'}
        aria-label={describe}
        onClick={() => setOpen(true)}
      >
        {label}
      </button>
      <Modal opened={open} onClose={close} title={title} centered closeButtonProps={{ 'aria-label': 'Close' }}>
        <div>{question}</div>
        {state.error === null ? null : <ErrorNote error={state.error} what="It was not done" />}
        <div className="row" style={{ marginTop: 16, justifyContent: 'flex-end' }}>
          <button type="button" className="btn" onClick={close} data-autofocus>
            Cancel
          </button>
          <button type="button" className="btn primary" disabled={state.busy} onClick={start}>
            {action}
          </button>
        </div>
      </Modal>
    </>
  );
}
