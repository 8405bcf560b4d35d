/**
 * Random numbers that are the same on every machine. The generator never calls Math.random: two runs with the same
 * seed write the same bytes, so a golden, a bench and a bug report can name a build by its options.
 */

/** FNV-1a over UTF-16 units: one 32-bit number per text, spread enough to seed a generator. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash ^= text.charCodeAt(i);
    hash = Math.imul(hash, 0x01000193);
  }
  // FNV leaves the high bits of short texts alike; one round of murmur's finaliser spreads them.
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  return hash >>> 0;
}

export class Random {
  #state: number;

  constructor(seed: number | string) {
    this.#state = typeof seed === 'string' ? hashText(seed) : hashText(`seed ${seed}`);
  }

  /** Uniform in [0, 1): mulberry32, good enough for shapes and four multiplications a number. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.next();
  }

  /** Whole number in [0, below). */
  below(below: number): number {
    return Math.floor(this.next() * below);
  }

  /** Mean 0, deviation 1: the sum of twelve uniforms less six. No logarithm, and no tail beyond 6. */
  normal(): number {
    let sum = 0;
    for (let i = 0; i < 12; i++) sum += this.next();
    return sum - 6;
  }

  /** Median 1: most tasks near it, some many times it, which is how task times really look. */
  logNormal(sigma: number): number {
    return Math.exp(sigma * this.normal());
  }
}
