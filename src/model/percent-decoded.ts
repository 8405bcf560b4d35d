/** `feature%2Fx` -> `feature/x`. With a stray percent sign in it, the text as it is. */
export function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
