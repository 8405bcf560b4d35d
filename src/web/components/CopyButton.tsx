import { useEffect, useState } from 'react';

/** Over plain http on another machine browsers have no clipboard API; a selected field still copies. */
async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = document.createElement('textarea');
    field.value = text;
    field.style.position = 'fixed';
    field.style.opacity = '0';
    document.body.append(field);
    field.select();
    const done = document.execCommand('copy');
    field.remove();
    return done;
  }
}

type State = 'idle' | 'copied' | 'failed';

export function useCopy(): [State, (text: string) => void] {
  const [state, setState] = useState<State>('idle');
  useEffect(() => {
    if (state === 'idle') return;
    const timer = window.setTimeout(() => setState('idle'), 1500);
    return () => window.clearTimeout(timer);
  }, [state]);
  return [state, (text) => void copy(text).then((done) => setState(done ? 'copied' : 'failed'))];
}

export function CopyButton({
  text,
  what,
  label,
}: {
  /** A function: made when it is asked for. */
  text: string | (() => string);
  what: string;
  label?: string;
}) {
  const [state, start] = useCopy();
  const said = state === 'copied' ? 'copied' : state === 'failed' ? 'cannot copy here' : (label ?? '');
  return (
    <button
      type="button"
      className={label === undefined ? 'copy' : 'btn'}
      title={`Copy the ${what}`}
      onClick={(event) => {
        event.stopPropagation();
        start(typeof text === 'string' ? text : text());
      }}
    >
      <svg width="12" height="12" viewBox="0 0 12 12" fill="none" stroke="currentColor" aria-hidden="true">
        {state === 'copied' ? (
          <path d="M2 6.5 5 9.5 10 3" strokeWidth="1.6" />
        ) : (
          <path d="M4.5 3.5h5v7h-5zM2.5 8.5v-7h5" />
        )}
      </svg>
      {label === undefined ? (
        <span className="hidden-text">{said === '' ? `Copy the ${what}` : said}</span>
      ) : (
        // As wide as its label whatever it says: the button beside it would move under the pointer.
        <span className="stacked">
          <span style={{ visibility: said === label ? 'visible' : 'hidden' }}>{label}</span>
          {said === label ? null : <span>{said}</span>}
        </span>
      )}
    </button>
  );
}
