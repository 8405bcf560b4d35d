/**
 * One registry of what can be done: the key listener, the palette (Ctrl-K) and the key help (?) all read it, so none can lie. A page
 * registers its commands while it is on screen; of two with the same key the page's wins over the frame's, and of two of pages the later one.
 */
import { useEffect, useRef, useSyncExternalStore } from 'react';

export interface Command {
  /** Stable name: `builds.select`. */
  readonly id: string;
  /** What it does, in the words of the screen. */
  readonly label: string;
  /** Heading in help and palette: `Everywhere`, `Builds`, `Boot chart`. */
  readonly group: string;
  /**
   * Keys that run it, as pressed: `j`, `?`, `Enter`, `Escape`, `mod+k` (Ctrl or Cmd), `shift+ArrowLeft`, or two in a row: `g b`. Letters are
   * case-sensitive (`J` is shift-j).
   */
  readonly keys?: readonly string[];
  readonly run: () => void;
  /** Not in the palette: makes no sense without the place it works on (next row). */
  readonly keyOnly?: boolean;
  /** Also while a text field has the focus. */
  readonly inFields?: boolean;
}

let layers: { readonly token: object; readonly commands: readonly Command[] }[] = [];
let snapshot: readonly Command[] = [];
const listeners = new Set<() => void>();

function changed(): void {
  // Later layers first: theirs is the key.
  const seen = new Set<string>();
  const all: Command[] = [];
  for (const layer of [...layers].reverse()) {
    for (const command of layer.commands) {
      if (seen.has(command.id)) continue;
      seen.add(command.id);
      all.push(command);
    }
  }
  snapshot = all;
  for (const listener of listeners) listener();
}

/** `under`: below all others, whenever it comes. The frame comes after the page that it is drawn around. */
export function registerCommands(commands: readonly Command[], under = false): () => void {
  const layer = { token: {}, commands };
  layers = under ? [layer, ...layers] : [...layers, layer];
  changed();
  return () => {
    layers = layers.filter((l) => l !== layer);
    changed();
  };
}

export function currentCommands(): readonly Command[] {
  return snapshot;
}

/**
 * Registers commands while the component is mounted. `run` may change with every render; label, group and keys are taken when the
 * list of ids changes.
 */
export function useCommands(commands: readonly Command[], under = false): void {
  const latest = useRef(commands);
  useEffect(() => {
    latest.current = commands;
  });
  const shape = commands.map((c) => `${c.id}\t${c.label}\t${c.keys?.join(',') ?? ''}`).join('\n');
  // biome-ignore lint/correctness/useExhaustiveDependencies: the shape stands for the list; run is looked up when it is called
  useEffect(
    () =>
      registerCommands(
        latest.current.map((command) => ({
          ...command,
          run: () => latest.current.find((c) => c.id === command.id)?.run(),
        })),
        under,
      ),
    [shape, under],
  );
}

export function useAllCommands(): readonly Command[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => snapshot,
  );
}

/** The key as commands write it: `mod+k`, `shift+ArrowLeft`, `J`, `?`. */
export function keyName(event: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'shiftKey' | 'altKey'>): string {
  const named = event.key.length > 1;
  const mod = event.ctrlKey || event.metaKey;
  const key = mod && !named ? event.key.toLowerCase() : event.key === ' ' ? 'Space' : event.key;
  return `${mod ? 'mod+' : ''}${event.altKey ? 'alt+' : ''}${event.shiftKey && named ? 'shift+' : ''}${key}`;
}

function inField(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement)
    return true;
  return target instanceof HTMLInputElement && !['checkbox', 'radio', 'button', 'submit'].includes(target.type);
}

/** How long the first key of two waits for the second. */
const SEQUENCE_MS = 1200;

/** The one key listener of the page. */
export function listenForKeys(target: Document): () => void {
  let first: { key: string; at: number } | null = null;
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.isComposing || ['Control', 'Shift', 'Alt', 'Meta'].includes(event.key)) return;
    const name = keyName(event);
    const typing = inField(event.target);
    // A dialog has the keys to itself; what opened it must not act behind it.
    const behindDialog = target.querySelector('[role="dialog"][aria-modal="true"]') !== null;
    const pair = first !== null && event.timeStamp - first.at < SEQUENCE_MS ? `${first.key} ${name}` : null;
    const waiting = pair;
    first = null;
    for (const wanted of waiting === null ? [name] : [waiting, name]) {
      for (const command of snapshot) {
        if (!command.keys?.includes(wanted)) continue;
        if ((typing || behindDialog) && command.inFields !== true) continue;
        // Enter and Space belong to the button or link that has the focus.
        if (
          (name === 'Enter' || name === 'Space') &&
          event.target instanceof HTMLElement &&
          event.target.closest('a, button, [role="menuitem"], [role="option"], summary, input') !== null
        ) {
          continue;
        }
        event.preventDefault();
        command.run();
        return;
      }
    }
    if (!typing && !behindDialog && snapshot.some((c) => c.keys?.some((k) => k.startsWith(`${name} `)))) {
      first = { key: name, at: event.timeStamp };
    }
  };
  target.addEventListener('keydown', onKeyDown);
  return () => target.removeEventListener('keydown', onKeyDown);
}

const isMac = typeof navigator !== 'undefined' && /Mac|iPhone|iPad/.test(navigator.userAgent);

/** `mod+k` as the person's keyboard says it: `Ctrl K`, on a Mac `⌘ K`. */
export function keyCaps(keys: string): string[] {
  if (keys.includes(' ')) return keys.split(' ');
  const names: Record<string, string> = {
    mod: isMac ? '⌘' : 'Ctrl',
    shift: '⇧',
    alt: 'Alt',
    ArrowLeft: '←',
    ArrowRight: '→',
    ArrowUp: '↑',
    ArrowDown: '↓',
    Escape: 'Esc',
  };
  if (keys === '+') return ['+'];
  return keys
    .split('+')
    .map((part) => names[part] ?? (part.length === 1 && keys.startsWith('mod+') ? part.toUpperCase() : part));
}
