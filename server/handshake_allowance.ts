/**
 * Places for handshakes in progress. They are apart from the places for sessions, so that strangers
 * who only hold sockets open keep nobody out.
 *
 * Invariants: at most {@linkcode MAX_HANDSHAKES} run at once and at most
 * {@linkcode MAX_HANDSHAKES_PER_SOURCE} of one source. When there is no place, the oldest one in the
 * way is dropped, but not before its grace is over: {@linkcode SILENT_GRACE_MS} for a connection that
 * has not said anything, {@linkcode HANDSHAKE_GRACE_MS} for others. An honest handshake needs less,
 * also on a slow machine, so several people behind one address who connect in the same moment wait
 * for each other instead of throwing each other out. A place that becomes free goes to the source
 * that has the fewest: whoever floods waits behind everybody else.
 */

/** Handshakes in progress, at most. */
export const MAX_HANDSHAKES = 16;
/** Handshakes in progress of one source, at most. */
export const MAX_HANDSHAKES_PER_SOURCE = 4;
/** For so long a handshake in progress is not dropped in favour of a newer one, in ms. */
export const HANDSHAKE_GRACE_MS = 5000;
/** The same for a connection on which nothing has come yet, in ms. */
export const SILENT_GRACE_MS = 500;
/** Connections that wait for a place, at most; and of one source. */
export const MAX_WAITING = 64;
export const MAX_WAITING_PER_SOURCE = 12;

/** A connection that has not logged in yet. */
export interface Handshake {
  /** See `sourceOf`. */
  readonly source: string;
  /** Whether the client has said anything. */
  readonly hasSpoken: boolean;
  /** It has a place: go on. Called once, perhaps before `request` returns. */
  begin(): void;
  /** Its place went to a newer one: end the connection. */
  drop(): void;
}

/** Who may be in the middle of a handshake. Has no timer: call `tick` a few times a second. */
export class HandshakeAllowance {
  /** In the order in which they began, with the time in ms. */
  readonly #running = new Map<Handshake, number>();
  readonly #waiting = new Set<Handshake>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Asks for a place. False: too many wait already, refuse the connection. */
  request(handshake: Handshake): boolean {
    const ofSource = count(this.#waiting.keys(), handshake.source);
    if (this.#waiting.size >= MAX_WAITING || ofSource >= MAX_WAITING_PER_SOURCE) return false;
    this.#waiting.add(handshake);
    this.tick();
    return true;
  }

  /** The handshake has ended, one way or another. May be called more than once. */
  leave(handshake: Handshake): void {
    const was = this.#running.delete(handshake);
    if (this.#waiting.delete(handshake) || was) this.tick();
  }

  /** Gives free places to those that wait: of those with the fewest places, to who came first. */
  tick(): void {
    const waiting = [...this.#waiting];
    while (waiting.length > 0) {
      const running = waiting.map(({ source }) => count(this.#running.keys(), source));
      const [handshake] = waiting.splice(running.indexOf(Math.min(...running)), 1);
      if (!this.#waiting.has(handshake!) || !this.#makePlace(handshake!.source)) continue;
      this.#waiting.delete(handshake!);
      this.#running.set(handshake!, this.#now());
      handshake!.begin();
    }
  }

  get running(): number {
    return this.#running.size;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  #makePlace(source: string): boolean {
    if (count(this.#running.keys(), source) >= MAX_HANDSHAKES_PER_SOURCE) {
      return this.#dropOldest((handshake) => handshake.source === source);
    }
    if (this.#running.size >= MAX_HANDSHAKES) return this.#dropOldest(() => true);
    return true;
  }

  #dropOldest(inTheWay: (handshake: Handshake) => boolean): boolean {
    const overdue = [...this.#running].filter(([handshake, since]) =>
      inTheWay(handshake) && this.#isGraceOver(handshake, since)
    );
    const [dropped] = overdue.find(([handshake]) => !handshake.hasSpoken) ?? overdue[0] ?? [];
    if (dropped === undefined) return false;
    this.#running.delete(dropped);
    dropped.drop();
    return true;
  }

  #isGraceOver(handshake: Handshake, since: number): boolean {
    const grace = handshake.hasSpoken ? HANDSHAKE_GRACE_MS : SILENT_GRACE_MS;
    return this.#now() - since >= grace;
  }
}

function count(handshakes: Iterable<Handshake>, source: string): number {
  let found = 0;
  for (const handshake of handshakes) if (handshake.source === source) found += 1;
  return found;
}
