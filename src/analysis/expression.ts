/**
 * Regular expressions that anybody may write, matched in bounded time: the words of known issues come from people, and one `(a+)+$` in the
 * engine's own would stop the thread that answers everybody. This one walks all ways at once (Thompson 1968): its time is at most states times
 * characters, both bounded in limits.ts, whatever was written.
 *
 *     text  .  [a-z] [^0-9]  \d \w \s \D \W \S  \. (any sign)  ( | )  (?: )  * + ?  {2} {2,} {2,5}  ^ $
 *
 * Capital and small letters are alike, and it need not match from the beginning. What looks back or ahead, and references, are not there: they are
 * what cannot be bounded.
 */
import { EXPRESSION_CHARS_MAX, EXPRESSION_STATES_MAX } from '../model/limits.ts';

export interface Expression {
  /** True where it is found somewhere in the text. */
  foundIn(text: string): boolean;
}

/** A step that eats a character, or one that goes on for nothing. */
type State =
  | { readonly kind: 'char'; readonly test: (code: number) => boolean; next: number }
  | { readonly kind: 'fork'; next: number; other: number }
  | { readonly kind: 'start'; next: number }
  | { readonly kind: 'end'; next: number }
  | { readonly kind: 'match' };

/** What an expression is made of, before it is steps. */
type Node =
  | { readonly kind: 'char'; readonly test: (code: number) => boolean }
  | { readonly kind: 'start' | 'end' | 'nothing' }
  | { readonly kind: 'all' | 'any'; readonly parts: readonly Node[] }
  | { readonly kind: 'repeat'; readonly of: Node; readonly min: number; readonly max: number | null };

class NotAnExpression extends Error {}

/** The expression, or what is wrong with it, in a sentence. */
export function parseExpression(text: string): Expression | string {
  if (text.trim() === '') return 'The expression is empty; it would match everything.';
  if (text.length > EXPRESSION_CHARS_MAX) return `The expression is longer than ${EXPRESSION_CHARS_MAX} characters.`;
  try {
    const states = compile(parse(text));
    const expression = { foundIn: (subject: string) => run(states, subject.toLowerCase()) };
    if (expression.foundIn('')) return 'The expression matches an empty text, and so everything.';
    return expression;
  } catch (error) {
    if (error instanceof NotAnExpression) return error.message;
    throw error;
  }
}

const between = (low: number, high: number) => (code: number) => code >= low && code <= high;
const digit = between(48, 57);
const word = (code: number) => digit(code) || between(97, 122)(code) || code === 95 || code > 127;
const space = (code: number) => code === 32 || (code >= 9 && code <= 13) || code === 160;
const CLASSES: Readonly<Record<string, (code: number) => boolean>> = { d: digit, w: word, s: space };

/** Deeper brackets than a person reads; each is a call of the parser. */
const DEPTH_MAX = 50;

function parse(text: string): Node {
  let at = 0;
  let depth = 0;

  const fail = (why: string): never => {
    throw new NotAnExpression(`${why} (at character ${at + 1} of the expression).`);
  };

  function escaped(): (code: number) => boolean {
    const sign = text[at + 1];
    if (sign === undefined) return fail('A \\ stands at the end');
    const known = CLASSES[sign.toLowerCase()];
    if (known !== undefined) {
      at += 2;
      return sign === sign.toLowerCase() ? known : (code) => !known(code);
    }
    if (/[a-z0-9]/i.test(sign) && !/[tnr]/.test(sign)) return fail(`\\${sign} is not known here`);
    at += 2;
    const code = { t: 9, n: 10, r: 13 }[sign] ?? sign.charCodeAt(0);
    return (other) => other === code;
  }

  function charClass(): Node {
    at++;
    const negated = text[at] === '^';
    if (negated) at++;
    const tests: ((code: number) => boolean)[] = [];
    for (let first = true; ; first = false) {
      const sign = text[at];
      if (sign === undefined) return fail('A [ is not closed');
      if (sign === ']' && !first) break;
      if (sign === '\\') {
        tests.push(escaped());
        continue;
      }
      at++;
      const low = sign.toLowerCase().charCodeAt(0);
      if (text[at] === '-' && text[at + 1] !== undefined && text[at + 1] !== ']') {
        const high = text[at + 1]!.toLowerCase().charCodeAt(0);
        if (high < low) return fail(`${sign}-${text[at + 1]} is no range`);
        at += 2;
        tests.push(between(low, high));
      } else {
        tests.push((code) => code === low);
      }
    }
    at++;
    return { kind: 'char', test: (code) => tests.some((test) => test(code)) !== negated };
  }

  function atom(): Node {
    const sign = text[at]!;
    switch (sign) {
      case '(': {
        if (++depth > DEPTH_MAX) return fail('Brackets stand too deep in each other');
        at++;
        if (text[at] === '?') {
          if (text[at + 1] !== ':') return fail('(? is only known as (?: ): what looks ahead or back is not there');
          at += 2;
        }
        const inner = alternatives();
        if (text[at] !== ')') return fail('A ( is not closed');
        at++;
        depth--;
        return inner;
      }
      case '[':
        return charClass();
      case '.':
        at++;
        return { kind: 'char', test: (code) => code !== 10 };
      case '^':
        at++;
        return { kind: 'start' };
      case '$':
        at++;
        return { kind: 'end' };
      case '\\':
        return { kind: 'char', test: escaped() };
      case '*':
      case '+':
      case '?':
        return fail(`There is nothing before ${sign} that it could repeat`);
      default: {
        at++;
        const code = sign.toLowerCase().charCodeAt(0);
        return { kind: 'char', test: (other) => other === code };
      }
    }
  }

  function repeated(): Node {
    const of = atom();
    const sign = text[at];
    const counted = /^\{(\d{1,4})(,(\d{1,4})?)?\}/.exec(text.slice(at, at + 12));
    let node = of;
    if (sign === '*' || sign === '+' || sign === '?') {
      at++;
      node = { kind: 'repeat', of, min: sign === '+' ? 1 : 0, max: sign === '?' ? 1 : null };
    } else if (counted !== null) {
      at += counted[0].length;
      const min = Number(counted[1]);
      const max = counted[2] === undefined ? min : counted[3] === undefined ? null : Number(counted[3]);
      if (max !== null && max < min) return fail(`${counted[0]} is no count`);
      node = { kind: 'repeat', of, min, max };
    } else {
      return node;
    }
    if (of.kind === 'start' || of.kind === 'end') return fail('A place cannot be repeated');
    // Lazy or not makes no difference to whether it is found.
    if (text[at] === '?') at++;
    if (text[at] === '*' || text[at] === '+') return fail('Something is repeated twice');
    return node;
  }

  function sequence(): Node {
    const parts: Node[] = [];
    while (at < text.length && text[at] !== '|' && text[at] !== ')') parts.push(repeated());
    return parts.length === 0 ? { kind: 'nothing' } : { kind: 'all', parts };
  }

  function alternatives(): Node {
    const parts = [sequence()];
    while (text[at] === '|') {
      at++;
      parts.push(sequence());
    }
    return parts.length === 1 ? parts[0]! : { kind: 'any', parts };
  }

  const node = alternatives();
  if (at < text.length) fail('A ) closes nothing');
  return node;
}

/** Steps, the last first: each part is made knowing what comes after it. */
function compile(root: Node): readonly State[] {
  const states: State[] = [{ kind: 'match' }];
  const add = (state: State): number => {
    if (states.length >= EXPRESSION_STATES_MAX)
      throw new NotAnExpression('The expression comes to too many steps: its counts are too large.');
    return states.push(state) - 1;
  };
  const build = (node: Node, next: number): number => {
    switch (node.kind) {
      case 'char':
        return add({ kind: 'char', test: node.test, next });
      case 'start':
      case 'end':
        return add({ kind: node.kind, next });
      case 'nothing':
        return next;
      case 'all':
        return node.parts.reduceRight((after, part) => build(part, after), next);
      case 'any':
        return node.parts
          .map((part) => build(part, next))
          .reduce((other, part) => add({ kind: 'fork', next: part, other }));
      case 'repeat': {
        let after = next;
        if (node.max === null) {
          const loop = add({ kind: 'fork', next, other: next });
          const body = build(node.of, loop);
          (states[loop] as { other: number }).other = body;
          after = loop;
        } else {
          for (let i = node.min; i < node.max; i++) {
            const body = build(node.of, after);
            after = add({ kind: 'fork', next, other: body });
          }
        }
        for (let i = 0; i < node.min; i++) after = build(node.of, after);
        return after;
      }
    }
  };
  const first = build(root, 0);
  // The first step is the last of the list.
  if (first !== states.length - 1) add({ kind: 'fork', next: first, other: first });
  return states;
}

function run(states: readonly State[], text: string): boolean {
  const first = states.length - 1;
  // When each step was entered last, so that none is twice in one place.
  const entered = new Int32Array(states.length).fill(-1);
  let now: number[] = [];
  let then: number[] = [];
  const stack: number[] = [];
  for (let at = 0; at <= text.length; at++) {
    const enter = (into: number[], from: number, place: number): boolean => {
      stack.push(from);
      while (stack.length > 0) {
        const index = stack.pop()!;
        if (entered[index] === place) continue;
        entered[index] = place;
        const state = states[index]!;
        if (state.kind === 'match') return true;
        if (state.kind === 'char') into.push(index);
        else if (state.kind === 'fork') stack.push(state.other, state.next);
        else if (state.kind === 'start' ? place === 0 : place === text.length) stack.push(state.next);
      }
      return false;
    };
    // It may begin anywhere.
    if (enter(now, first, at)) return true;
    if (at === text.length) return false;
    const code = text.charCodeAt(at);
    then.length = 0;
    for (const index of now) {
      const state = states[index]!;
      if (state.kind === 'char' && state.test(code) && enter(then, state.next, at + 1)) return true;
    }
    [now, then] = [then, now];
  }
  return false;
}
