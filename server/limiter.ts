/**
 * Token buckets by source address: how often an address may begin a handshake.
 *
 * A handshake costs the server an RSA decryption (7 to 12 ms), so strangers get only so many. What
 * ends in a login gives its token back: whoever has a password is not slowed down.
 */

/** How many handshakes an address may begin at once before it has to wait. */
export const HANDSHAKE_BURST = 10;
/** How many tokens an address gets back in a second. */
export const HANDSHAKES_PER_SECOND = 1;
/** How many addresses are remembered; past that the ones with the fullest buckets are forgotten. */
export const MAX_TRACKED_ADDRESSES = 10_000;

interface Bucket {
  tokens: number;
  /** When `tokens` was right, in ms. */
  at: number;
}

/**
 * What counts as one source: an IPv4 address, or the /64 of an IPv6 address, since one subscriber
 * has at least that many. IPv4 addresses mapped into IPv6 count as IPv4.
 */
export function sourceOf(hostname: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(hostname);
  if (mapped) return mapped[1]!;
  if (!hostname.includes(":")) return hostname;
  const [address = ""] = hostname.toLowerCase().split("%");
  const [head = "", tail] = address.split("::");
  const first = head === "" ? [] : head.split(":");
  const last = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - first.length - last.length);
  const groups = [...first, ...Array<string>(zeros).fill("0"), ...last];
  return groups.slice(0, 4).map((group) => group.replace(/^0+(?=.)/, "")).join(":") + "::/64";
}

/** A bucket for each source, filled at {@linkcode HANDSHAKES_PER_SECOND}. */
export class TokenBuckets {
  readonly #buckets = new Map<string, Bucket>();
  readonly #now: () => number;

  /** @param now The time in ms; need not be the time of day. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Takes a token of this source. False: it has none left. */
  take(source: string): boolean {
    const bucket = this.#filled(source);
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }

  /** Gives a token back: the handshake it was taken for ended in a login. */
  giveBack(source: string): void {
    const bucket = this.#filled(source);
    bucket.tokens = Math.min(HANDSHAKE_BURST, bucket.tokens + 1);
  }

  /** How many sources are remembered. */
  get size(): number {
    return this.#buckets.size;
  }

  #filled(source: string): Bucket {
    const now = this.#now();
    let bucket = this.#buckets.get(source);
    if (bucket === undefined) {
      if (this.#buckets.size >= MAX_TRACKED_ADDRESSES) this.#forgetSome(now);
      bucket = { tokens: HANDSHAKE_BURST, at: now };
      this.#buckets.set(source, bucket);
    }
    bucket.tokens = tokensAt(bucket, now);
    bucket.at = now;
    return bucket;
  }

  /** Forgets the full buckets, which say nothing; when there are none, the half with most tokens. */
  #forgetSome(now: number): void {
    const all = [...this.#buckets].map(([source, bucket]) => ({
      source,
      tokens: tokensAt(bucket, now),
    }));
    all.sort((a, b) => b.tokens - a.tokens);
    for (const [rank, { source, tokens }] of all.entries()) {
      if (tokens < HANDSHAKE_BURST && rank >= MAX_TRACKED_ADDRESSES / 2) return;
      this.#buckets.delete(source);
    }
  }
}

function tokensAt(bucket: Bucket, now: number): number {
  const seconds = Math.max(0, now - bucket.at) / 1000;
  return Math.min(HANDSHAKE_BURST, bucket.tokens + seconds * HANDSHAKES_PER_SECOND);
}
