import { useEffect, useRef, useState } from 'react';

/** A search that types into the address a moment after the last key, and follows the address when that changes by other means. */
export function SearchField({
  value,
  onChange,
  inputRef,
  placeholder,
  label,
  className,
}: {
  value: string;
  onChange: (text: string | undefined) => void;
  inputRef?: React.RefObject<HTMLInputElement | null>;
  placeholder: string;
  label: string;
  className?: string | undefined;
}) {
  const [text, setText] = useState(value);
  const sent = useRef(value);
  const latest = useRef(onChange);
  useEffect(() => {
    latest.current = onChange;
  });
  useEffect(() => {
    if (value !== sent.current) {
      sent.current = value;
      setText(value);
    }
  }, [value]);
  useEffect(() => {
    if (text === sent.current) return;
    const timer = window.setTimeout(() => {
      sent.current = text;
      latest.current(text === '' ? undefined : text);
    }, 250);
    return () => window.clearTimeout(timer);
  }, [text]);
  return (
    <input
      ref={inputRef}
      className={`field ${className ?? ''}`}
      type="search"
      placeholder={placeholder}
      aria-label={label}
      value={text}
      spellCheck={false}
      autoCapitalize="none"
      onChange={(event) => setText(event.target.value)}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' && event.key !== 'Enter') return;
        // Both leave the field for the rows. By itself the browser would also clear it on Escape, and the list would jump.
        event.preventDefault();
        event.currentTarget.blur();
      }}
    />
  );
}
