/** The sign of the search. */
export function Glass() {
  return (
    <svg
      width="12"
      height="12"
      viewBox="0 0 12 12"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.4"
      aria-hidden="true"
    >
      <circle cx="5" cy="5" r="3.6" />
      <path d="m8 8 3 3" />
    </svg>
  );
}
